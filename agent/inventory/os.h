// The operating system: name, version, kernel, language, support.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakeOsInventory(Platform& platform);

}  // namespace steward::agent
