// The disks: model, serial, firmware, size, bus.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeDiskInventory(Platform& platform);

}  // namespace steward::agent
