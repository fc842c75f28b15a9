// The digest by which agent and collector see whether an inventory is already known.
#pragma once

#include <string>

#include "steward/v1/inventory.pb.h"

namespace steward::wire {

// SHA-256 (32 bytes) over group, key and value of each fact, each preceded by its length as 4 bytes big-endian,
// in the order (group, key). Sorts the facts if need be.
std::string InventoryDigest(v1::Inventory& inventory);

}  // namespace steward::wire
