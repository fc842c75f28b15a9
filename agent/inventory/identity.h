// Who the machine is: names, ids, maker, model, firmware.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeIdentityInventory(Platform& platform);

}  // namespace steward::agent
