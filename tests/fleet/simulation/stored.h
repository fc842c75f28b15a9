// What the collector has of one machine at the end, read as anybody would read it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/storage/storage.h"

namespace steward::simulation {

struct StoredNumber {
  std::int64_t number = 0;
  std::int64_t time_ms = 0;  // Unix
};

struct StoredMachine {
  std::vector<StoredNumber> numbers;      // by time
  std::set<std::string> estimated_boots;  // by boot id
  std::vector<std::string> mismatches;    // other series of the batch that do not go with its number
};

absl::StatusOr<StoredMachine> ReadStored(collector::StorageReader& reader, const std::string& machine_id);

}  // namespace steward::simulation
