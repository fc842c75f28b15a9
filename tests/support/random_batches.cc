#include "tests/support/random_batches.h"

#include <cstdlib>
#include <limits>

namespace steward::wire {

RandomMachine::RandomMachine(std::uint64_t seed, int groups, int series_per_group) : random_(seed) {
  v1::DescriptorSet set;
  std::uint32_t id = 0;
  for (int g = 1; g <= groups; ++g) {
    v1::ProbeGroup& group = *set.add_groups();
    group.set_id(static_cast<std::uint32_t>(g));
    group.set_name("group" + std::to_string(g));
    for (int s = 0; s < series_per_group; ++s) {
      v1::SeriesDescriptor& series = *set.add_series();
      series.set_id(++id);
      series.set_group(static_cast<std::uint32_t>(g));
      series.set_metric("metric_" + std::to_string(id));
      series.set_type(v1::METRIC_TYPE_GAUGE);
      series.set_kind(random_() % 4 == 0 ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
      members_[static_cast<std::uint32_t>(g)].push_back(id);
    }
  }
  if (!descriptors_.Add(set).ok()) std::abort();
}

RawValue RandomMachine::Move(RawValue value, bool is_double) {
  switch (random_() % 8) {
    case 0: return value;
    case 1: return is_double ? RawFromDouble(std::numeric_limits<double>::quiet_NaN()) : std::numeric_limits<RawValue>::max();
    case 2: return is_double ? RawFromDouble(-0.0) : std::numeric_limits<RawValue>::min();
    case 3: return static_cast<RawValue>(random_());
    case 4: return is_double ? RawFromDouble(DoubleFromRaw(value) * 1.25 + 1) : static_cast<RawValue>(random_() % 100);
    default: return static_cast<RawValue>(static_cast<std::uint64_t>(value) + random_() % 3);
  }
}

SampleBatch RandomMachine::Next() {
  boot_ms_ += static_cast<std::int64_t>(random_() % 20'000);
  SampleBatch batch{boot_ms_, {}};
  for (const auto& [group, members] : members_) {
    if (random_() % 4 == 0) continue;  // not sampled
    auto& live = live_[group];
    for (const std::uint32_t series : members) {
      if (random_() % 16 == 0) {
        live.erase(series);
      } else if (live.contains(series) || random_() % 2 == 0) {
        live[series] = Move(live[series], descriptors_.IsDouble(series));
      }
    }
    GroupSample sample{group, {}};
    for (const auto& [series, value] : live) sample.values.push_back({series, value});
    batch.groups.push_back(std::move(sample));
  }
  return batch;
}

}  // namespace steward::wire
