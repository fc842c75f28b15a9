// Local accounts of people and of those who may become root. No full names, no password data, no day of a recent log-in.
#pragma once

#include <memory>
#include <vector>

#include "agent/inventory/inventory.h"
#include "agent/probes/accounts.h"

namespace steward::agent {

// "maria/administrator", "maria/privileged_by", ..., "root/ssh_key/SHA256:...".
void AddAccountFacts(const LocalAccounts& accounts, absl::Time now, std::vector<Fact>& facts);

std::unique_ptr<InventorySource> MakeUserInventory(Platform& platform);

}  // namespace steward::agent
