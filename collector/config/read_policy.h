// The parts of load_config.h that read what people decide: [[site]], [service_level.*], [[window]].
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/config/policy_config.h"
#include "collector/config/table_reader.h"

namespace steward::collector {

// Each appends what the table describes; its mistakes are noted at the reader.
void ReadSite(TableReader& reader, std::vector<SiteConfig>& sites);
// [service_level], a table a severity.
void ReadServiceLevels(TableReader& reader, std::map<std::string, ServiceLevelConfig>& levels);
// A window may name a site that no [[site]] describes: machines name theirs when they enrol.
void ReadWindow(TableReader& reader, std::vector<WindowConfig>& windows);

}  // namespace steward::collector
