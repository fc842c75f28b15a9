// What a query makes of the samples within a step: one value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/storage/records.h"
#include "collector/storage/tiers/rolled_points.h"

namespace steward::collector {

// "last", "min", "max", "mean", "sum", "rate". InvalidArgument lists them.
absl::StatusOr<SampleFunction> ParseSampleFunction(std::string_view name);

inline constexpr std::int64_t kSampleStepsMax = 11'000;    // of one query
inline constexpr std::size_t kSamplesReadMax = 5'000'000;  // for one query with a function

// Steps of `step_ms` from `from_ms` on; the last may reach beyond `to_ms`, but takes nothing from there. A point
// carries the time its step begins at; a step without a sample gives none.
struct SampleSteps {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::int64_t step_ms = 0;
};

// The range in steps; a zero `step` takes it for one. InvalidArgument: not whole milliseconds, too many steps, or a
// range without end.
absl::StatusOr<SampleSteps> StepsOf(std::int64_t from_ms, std::int64_t to_ms, absl::Duration step);

// How far before `from_ms` kRate wants samples, and the longest time between two that it takes for covered.
inline constexpr std::int64_t kRateGapMs = 5 * 60'000;

// `points` ascend by time. kRate: what a counter grew by a second, over the time its samples cover, where one that
// falls has begun again at 0; a sample counts for the step it lies in, and so does the time since the one before it,
// unless that is longer than kRateGapMs and two steps.
// `rolled`, scaled, ascend as well and hold no other point between their first and last sample. Each counts for the step
// that its last sample lies in; of a counter that began again within one, what it grew before is taken from its greatest.
std::vector<SamplePoint> ApplyFunction(SampleFunction function, absl::Span<const SamplePoint> points,
                                       absl::Span<const RolledPoint> rolled, const SampleSteps& steps);

}  // namespace steward::collector
