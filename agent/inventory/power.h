// Batteries of the machine and UPSes that it is told of: what they are and how worn. What changes with each charge is sampled
// (probes power_supply and ups) and is no fact.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// What Tool::kUps tells (agent/platform/linux/tools/nut.h): "rack/model", "rack/battery_date", ...
void ParseUpsFacts(std::string_view text, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakePowerInventory(Platform& platform);

}  // namespace steward::agent
