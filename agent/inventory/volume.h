// File systems, how they are encrypted, and software RAID.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// "md0/level" and "md0/members" of /proc/mdstat.
void ParseArrays(std::string_view text, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakeVolumeInventory(Platform& platform);

}  // namespace steward::agent
