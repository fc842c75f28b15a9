// What a full set of facts changes against the one that is stored.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/records.h"
#include "steward/v1/inventory.pb.h"

namespace steward::collector {

struct InventoryDiff {
  std::vector<const v1::Fact*> added;    // by group, key
  std::vector<const v1::Fact*> changed;  // other value under a known key
  std::vector<FactRecord> ended;         // stored ones that are gone
  std::vector<ChangeRecord> changes;     // an entry for each of these, by group, key
};

// `stored` is by group, key. The pointers are into `inventory`. InvalidArgument: a fact that is there twice.
absl::StatusOr<InventoryDiff> DiffInventory(absl::Span<const FactRecord> stored, const v1::Inventory& inventory,
                                            absl::Time now);

}  // namespace steward::collector
