// The sequences of an epoch that are committed, as a few intervals: ascending, not touching each other.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/storage/records.h"

namespace steward::collector {

using IntervalSet = std::vector<SequenceInterval>;

bool Contains(const IntervalSet& set, std::uint64_t sequence);
// Merges [first, last] into the set; cheap at its end.
void Insert(IntervalSet& set, std::uint64_t first, std::uint64_t last);
// Takes one sequence out again. Nothing happens if it is not in the set.
void Remove(IntervalSet& set, std::uint64_t sequence);

}  // namespace steward::collector
