// The metric families that machines send: one number for each name, shared by all machines.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "steward/v1/sample.pb.h"

namespace steward::collector {

// Bound of the table. Series of further names are left out of the latest values (not of storage) and counted.
inline constexpr std::size_t kFamiliesMax = 20'000;

struct Family {
  std::string name;
  std::string help;
  v1::MetricType type = v1::METRIC_TYPE_UNTYPED;
};

// True for names that only the collector itself may use, so that no machine can pose as it.
bool IsReservedMetric(std::string_view name);

// Thread-safe.
class FamilyTable {
 public:
  // The number of the series' family, from 0 in order of first sight; the first type seen holds, as does the first help.
  // None for a reserved name and when the table is full.
  std::optional<std::uint32_t> Intern(const v1::SeriesDescriptor& series);

  std::uint32_t size() const;
  Family Get(std::uint32_t family) const;  // family < size()
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  mutable Mutex mutex_;
  std::deque<Family> families_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::uint32_t> by_name_ ABSL_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace steward::collector
