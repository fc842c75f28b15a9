// Where this machine can be reached from others: protocol, address and port, with the account that listens.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeListenerInventory(Platform& platform);

}  // namespace steward::agent
