// Updates that wait to be installed: a fact a package, so that since when it waits is when the fact was first seen.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// Key: the package's name; value: "5.2.15-2 -> 5.2.15-3 (security)".
std::unique_ptr<InventorySource> MakeUpdateInventory(Platform& platform, std::shared_ptr<PackageUpdates> updates);

}  // namespace steward::agent
