// Adapters, addresses, gateways and name servers.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeNetworkInventory(Platform& platform);

}  // namespace steward::agent
