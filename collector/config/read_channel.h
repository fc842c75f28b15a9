// The part of load_config.h that reads how issues leave: [[channel]], [[route]], [delivery].
#pragma once

#include <vector>

#include "collector/config/config.h"
#include "collector/config/load_config.h"
#include "collector/config/table_reader.h"

namespace steward::collector {

// Each appends what the table describes; its mistakes are noted at the reader. A key that the channel's type does not
// have is one of them.
void ReadChannel(TableReader& reader, const ConfigVocabulary& vocabulary, std::vector<ChannelConfig>& channels);
void ReadRoute(TableReader& reader, std::vector<RouteConfig>& routes);
void ReadDelivery(TableReader& reader, DeliveryConfig& delivery);

// Checked when all of the document is read: a channel may stand below the route that names it.
void CheckRoutes(TableReader& root, const std::vector<ChannelConfig>& channels, ConfigErrors& errors);

}  // namespace steward::collector
