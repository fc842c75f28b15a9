// The part of load_config.h that reads [[remote_write]].
#pragma once

#include <vector>

#include "collector/config/config.h"
#include "collector/config/table_reader.h"

namespace steward::collector {

// Appends the target that the table describes; its mistakes are noted at the reader.
void ReadRemoteWrite(TableReader& reader, std::vector<RemoteWriteConfig>& targets);

}  // namespace steward::collector
