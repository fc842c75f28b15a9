// Local accounts of people and administrators. No full names, no password data.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// From /etc/passwd and /etc/group.
void ParseAccounts(std::string_view passwd, std::string_view group, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakeUserInventory(Platform& platform);

}  // namespace steward::agent
