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

// What a counter grew from `before` to the end of `point`. One that falls has begun again at 0.
double GrowthSince(double before, const RolledPoint& point) {
  if (point.min >= before) return point.last - before;
  const bool peak_within = point.max > point.last && point.max >= before;
  return point.last + (peak_within ? point.max - before : 0);
}

// What it grew from the first sample of `point` on; that is the least unless the counter began again.
double GrowthWithin(const RolledPoint& point) { return point.max > point.last ? point.last : point.last - point.min; }

// Takes points in their order, gives a value for each step that has any.
class StepFolder {
 public:
  StepFolder(SampleFunction function, const SampleSteps& steps, std::vector<SamplePoint>& result)
      : function_(function),
        steps_(steps),
        gap_ms_(std::max(kRateGapMs, 2 * std::min(steps.step_ms, steps.to_ms - steps.from_ms))),
        result_(result) {}

  void Add(const RolledPoint& point) {
    if (point.last_ms >= steps_.from_ms) {
      const std::int64_t step = (point.last_ms - steps_.from_ms) / steps_.step_ms;
      if (step != step_) Finish();
      step_ = step;
      Take(point);
    }
    before_ms_ = point.last_ms;
    before_ = point.last;
    has_before_ = true;
  }

  // After the last point.
  void Finish() {
    if (taken_ > 0 && (function_ != SampleFunction::kRate || covered_ms_ > 0)) {
      result_.push_back({steps_.from_ms + step_ * steps_.step_ms, Value()});
    }
    taken_ = 0;
    covered_ms_ = 0;
    grown_ = 0;
  }

 private:
  void Take(const RolledPoint& point) {
    if (taken_++ == 0) {
      folded_ = point;
    } else {
      folded_.min = std::min(folded_.min, point.min);
      folded_.max = std::max(folded_.max, point.max);
      folded_.sum += point.sum;
      folded_.count += point.count;
      folded_.last = point.last;
    }
    if (function_ != SampleFunction::kRate) return;
    if (has_before_ && point.first_ms - before_ms_ <= gap_ms_) {
      grown_ += GrowthSince(before_, point);
      covered_ms_ += point.last_ms - before_ms_;
    } else {
      grown_ += GrowthWithin(point);
      covered_ms_ += point.last_ms - point.first_ms;
    }
  }

  double Value() const {
    switch (function_) {
      case SampleFunction::kMin:
        return folded_.min;
      case SampleFunction::kMax:
        return folded_.max;
      case SampleFunction::kMean:
        return folded_.sum / static_cast<double>(folded_.count);
      case SampleFunction::kSum:
        return folded_.sum;
      case SampleFunction::kRate:
        return grown_ * 1000 / static_cast<double>(covered_ms_);
      case SampleFunction::kLast:
      case SampleFunction::kNone:
        break;
    }
    return folded_.last;
  }

  const SampleFunction function_;
  const SampleSteps steps_;
  const std::int64_t gap_ms_;
  std::vector<SamplePoint>& result_;
  bool has_before_ = false;
  std::int64_t before_ms_ = 0;
  double before_ = 0;
  std::int64_t step_ = 0;
  std::size_t taken_ = 0;  // points of this step
  RolledPoint folded_;
  std::int64_t covered_ms_ = 0;
  double grown_ = 0;
};

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
                                       absl::Span<const RolledPoint> rolled, const SampleSteps& steps) {
  std::vector<SamplePoint> result;
  StepFolder folder(function, steps, result);
  auto next = rolled.begin();
  for (const SamplePoint& point : points) {
    for (; next != rolled.end() && next->last_ms <= point.time_ms; ++next) folder.Add(*next);
    folder.Add(RolledSample(0, point.time_ms, point.value));
  }
  for (; next != rolled.end(); ++next) folder.Add(*next);
  folder.Finish();
  return result;
}

}  // namespace steward::collector
