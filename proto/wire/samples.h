// The samples of one machine at one moment, as probes produce them and the collector gets them back.
// Plain values without protobuf: both programs and the codec share them.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace steward::wire {

// A value as it travels: an integer in the source's unit, or the bits of a double (ValueKind of its descriptor says).
using RawValue = std::int64_t;

inline RawValue RawFromDouble(double value) { return std::bit_cast<std::int64_t>(value); }
inline double DoubleFromRaw(RawValue raw) { return std::bit_cast<double>(raw); }

struct SeriesValue {
  std::uint32_t series = 0;  // SeriesDescriptor.id, from 1
  RawValue value = 0;

  friend bool operator==(const SeriesValue&, const SeriesValue&) = default;
};

// All live series of one group at the batch's moment. A series of the group that is absent here has ended.
struct GroupSample {
  std::uint32_t group = 0;          // ProbeGroup.id, from 1
  std::vector<SeriesValue> values;  // ascending by series, no duplicates

  friend bool operator==(const GroupSample&, const GroupSample&) = default;
};

// A group that is not in a batch was not sampled: its values are missing then, not unchanged.
struct SampleBatch {
  std::int64_t boot_ms = 0;         // the machine's boot clock, which counts in suspend
  std::vector<GroupSample> groups;  // ascending by group, no duplicates

  friend bool operator==(const SampleBatch&, const SampleBatch&) = default;
};

}  // namespace steward::wire
