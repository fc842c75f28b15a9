// The inventory's group "reported": what people at this machine told by `steward-agent report problem`, by the time of it.
#pragma once

#include <filesystem>

#include "agent/inventory/inventory.h"

namespace steward::agent {

InventoryGroup ReportedGroup(const std::filesystem::path& state_directory);

}  // namespace steward::agent
