#include "collector/storage/sample_functions.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::pair<std::string_view, SampleFunction> kFunctions[] = {
    {"last", SampleFunction::kLast}, {"min", SampleFunction::kMin}, {"max", SampleFunction::kMax},
    {"mean", SampleFunction::kMean}, {"sum", SampleFunction::kSum}, {"rate", SampleFunction::kRate}};

double Rate(const SamplePoint* before, absl::Span<const SamplePoint> points, std::int64_t gap_ms,
            std::int64_t& covered_ms) {
  double grown = 0;
  covered_ms = 0;
  for (const SamplePoint& point : points) {
    if (before != nullptr && point.time_ms - before->time_ms <= gap_ms) {
      grown += point.value < before->value ? point.value : point.value - before->value;
      covered_ms += point.time_ms - before->time_ms;
    }
    before = &point;
  }
  return covered_ms > 0 ? grown * 1000 / static_cast<double>(covered_ms) : 0;
}

double Fold(SampleFunction function, absl::Span<const SamplePoint> points) {
  const auto by_value = [](const SamplePoint& a, const SamplePoint& b) { return a.value < b.value; };
  if (function == SampleFunction::kLast) return points.back().value;
  if (function == SampleFunction::kMin) return std::min_element(points.begin(), points.end(), by_value)->value;
  if (function == SampleFunction::kMax) return std::max_element(points.begin(), points.end(), by_value)->value;
  double sum = 0;
  for (const SamplePoint& point : points) sum += point.value;
  return function == SampleFunction::kMean ? sum / static_cast<double>(points.size()) : sum;
}

}  // namespace

absl::StatusOr<SampleFunction> ParseSampleFunction(std::string_view name) {
  for (const auto& [known, function] : kFunctions) {
    if (known == name) return function;
  }
  return absl::InvalidArgumentError(
      StrCat("\"", name, "\" is no function; there are last, min, max, mean, sum and rate"));
}

absl::StatusOr<SampleSteps> StepsOf(std::int64_t from_ms, std::int64_t to_ms, absl::Duration step) {
  constexpr auto kLongest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 4);
  const std::uint64_t length = static_cast<std::uint64_t>(to_ms) - static_cast<std::uint64_t>(from_ms);
  if (length > kLongest) return absl::InvalidArgumentError("a function needs a range with two ends");
  if (step == absl::ZeroDuration()) return SampleSteps{from_ms, to_ms, std::max<std::int64_t>(to_ms - from_ms, 1)};
  const std::int64_t step_ms = absl::ToInt64Milliseconds(step);
  if (step_ms < 1 || absl::Milliseconds(step_ms) != step) {
    return absl::InvalidArgumentError("a step is whole milliseconds, one at least");
  }
  const auto step_length = static_cast<std::uint64_t>(step_ms);
  if (length / step_length + (length % step_length != 0 ? 1 : 0) > kSampleStepsMax) {
    return absl::InvalidArgumentError(
        StrCat("more than ", kSampleStepsMax, " steps in this range; ask for a longer step or a shorter range"));
  }
  return SampleSteps{from_ms, to_ms, step_ms};
}

std::vector<SamplePoint> ApplyFunction(SampleFunction function, absl::Span<const SamplePoint> points,
                                       const SampleSteps& steps) {
  std::vector<SamplePoint> result;
  const std::int64_t gap_ms = std::max(kRateGapMs, 2 * std::min(steps.step_ms, steps.to_ms - steps.from_ms));
  const auto before_from = [&](const SamplePoint& point) { return point.time_ms < steps.from_ms; };
  auto begin = std::partition_point(points.begin(), points.end(), before_from);
  while (begin != points.end()) {
    const std::int64_t step = (begin->time_ms - steps.from_ms) / steps.step_ms;
    const auto within = [&](const SamplePoint& point) {
      return (point.time_ms - steps.from_ms) / steps.step_ms == step;
    };
    const auto end = std::find_if_not(begin, points.end(), within);
    const absl::Span<const SamplePoint> of_step(&*begin, static_cast<std::size_t>(end - begin));
    SamplePoint point{steps.from_ms + step * steps.step_ms, 0};
    std::int64_t covered_ms = 1;
    if (function == SampleFunction::kRate) {
      point.value = Rate(begin == points.begin() ? nullptr : &*(begin - 1), of_step, gap_ms, covered_ms);
    } else {
      point.value = Fold(function, of_step);
    }
    if (covered_ms > 0) result.push_back(point);
    begin = end;
  }
  return result;
}

}  // namespace steward::collector
