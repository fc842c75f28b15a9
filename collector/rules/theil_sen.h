// The slope of a cloud of points that a few wild ones do not turn: the median of the slopes between all pairs (Theil 1950,
// Sen 1968). Up to 29 % of the points may be anything.
#pragma once

#include <optional>

#include "absl/types/span.h"

namespace steward::collector {

struct TrendPoint {
  double at = 0;     // no two are equal
  double value = 0;
};

struct Trend {
  double slope = 0;       // of value, for each 1 of `at`
  double low = 0, high = 0;  // the slope lies between them in 9 of 10 cases: Sen's interval of Kendall's statistic
};

// None: fewer than 3 points. O(n^2 log n).
std::optional<Trend> FitTheilSen(absl::Span<const TrendPoint> points);

}  // namespace steward::collector
