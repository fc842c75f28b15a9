// How well the machine is guarded, in words: what the posture probe measures, and whose word it is.
#pragma once

#include <memory>

#include "agent/inventory/inventory.h"

namespace steward::agent {

std::unique_ptr<InventorySource> MakePostureInventory(Platform& platform);

}  // namespace steward::agent
