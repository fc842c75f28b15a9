// Which metrics go to a target: the keep and drop lists of its configuration.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace steward::collector {

// One thread.
class MetricFilter {
 public:
  // Names with * and ?; an empty `keep` keeps all, `drop` wins.
  MetricFilter(std::vector<std::string> keep, std::vector<std::string> drop)
      : keep_(std::move(keep)), drop_(std::move(drop)) {}

  // Never the names that only the collector itself may use (latest/family_table.h), as in the exposition.
  bool Keeps(const std::string& metric);

 private:
  bool Decide(const std::string& metric) const;

  const std::vector<std::string> keep_, drop_;
  absl::flat_hash_map<std::string, bool> decided_;
};

}  // namespace steward::collector
