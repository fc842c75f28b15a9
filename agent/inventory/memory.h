// The memory and its modules.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeMemoryInventory(Platform& platform);

}  // namespace steward::agent
