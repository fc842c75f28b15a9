// Rolled-up samples: what is kept of a series for each bucket of time. Points of the same bucket can be merged in any
// order and give what all their samples together would have given, so that late samples are no special case.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {

struct Tier {
  std::int64_t number = 0;  // stored: permanent
  std::int64_t bucket_ms = 0;
  std::int64_t period_buckets = 0;  // what is packed together
  std::int64_t period_ms() const { return bucket_ms * period_buckets; }
};
inline constexpr Tier kFiveMinutes{1, 300'000, 288};  // days
inline constexpr Tier kHours{2, 3'600'000, 168};      // weeks, from Thursdays on: 1970 began with one

inline constexpr std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

struct RolledPoint {
  std::int64_t bucket = 0;    // its number: Unix time / length, rounded down
  std::int64_t first_ms = 0;  // when its first and last samples were taken
  std::int64_t last_ms = 0;
  std::uint64_t count = 0;  // of samples; at least 1
  double min = 0;
  double max = 0;
  double sum = 0;
  double last = 0;
  friend bool operator==(const RolledPoint&, const RolledPoint&) = default;
};

// A sample as a point of its own.
inline RolledPoint RolledSample(std::int64_t bucket, std::int64_t time_ms, double value) {
  return {bucket, time_ms, time_ms, 1, value, value, value, value};
}
// Samples of the same bucket, counted once each.
void Merge(const RolledPoint& from, RolledPoint& into);
// Adds points to others; both ascend by bucket.
void Merge(const std::vector<RolledPoint>& from, std::vector<RolledPoint>& into);

// Values are those of the source: integers if it has integers, to be multiplied by numerator / denominator.
struct RolledSeries {
  std::string metric;
  std::map<std::string, std::string> labels;
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
  std::vector<RolledPoint> points;  // ascending by bucket
};

// In the unit people see, exactly as wire::ScaledValue has it.
RolledPoint Scaled(const RolledPoint& point, std::int64_t numerator, std::int64_t denominator);

// Series of one machine by name and labels, whatever epochs they come from.
class RolledSet {
 public:
  void Add(RolledSeries series);

  bool empty() const { return series_.empty(); }
  // Without those that lie in buckets before `bucket`.
  void DropBefore(std::int64_t bucket);
  // Calls `use` with each series, by name and labels.
  template <class Use>
  void ForEach(Use use) const {
    for (const auto& [key, series] : series_) use(series);
  }

 private:
  using Key = std::pair<std::string, std::map<std::string, std::string>>;
  std::map<Key, RolledSeries> series_;
};

// Rolls up decoded samples of one epoch.
class EpochRoller {
 public:
  // `table` outlives the object.
  EpochRoller(const wire::DescriptorTable& table, const Tier& tier) : table_(table), bucket_ms_(tier.bucket_ms) {}

  // What lies more than 30,000 years away is left out.
  void Add(std::int64_t time_ms, const wire::DecodedBatch& batch);
  // One value of a series that the table knows.
  void Add(std::int64_t time_ms, std::uint32_t series, wire::RawValue value);
  void MoveTo(RolledSet& set);

 private:
  struct Column {
    const v1::SeriesDescriptor* descriptor = nullptr;
    bool as_it_is = false;  // integers whose scale is kept beside them
    std::vector<RolledPoint> points;
  };

  const wire::DescriptorTable& table_;
  const std::int64_t bucket_ms_;
  absl::flat_hash_map<std::uint32_t, Column> columns_;  // by series
};

}  // namespace steward::collector
