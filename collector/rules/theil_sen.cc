#include "collector/rules/theil_sen.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace steward::collector {
namespace {

constexpr double kNormal90 = 1.645;  // two-sided

}  // namespace

std::optional<Trend> FitTheilSen(absl::Span<const TrendPoint> points) {
  if (points.size() < 3) return std::nullopt;
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      slopes.push_back((points[j].value - points[i].value) / (points[j].at - points[i].at));
    }
  }
  std::sort(slopes.begin(), slopes.end());
  const std::size_t count = slopes.size();
  Trend trend;
  trend.slope = count % 2 == 1 ? slopes[count / 2] : (slopes[count / 2 - 1] + slopes[count / 2]) / 2;
  // Sen's ranks, counted from 1: the (N - C) / 2-th slope and the ((N + C) / 2 + 1)-th.
  const auto n = static_cast<double>(points.size());
  const double spread = kNormal90 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const auto last = static_cast<double>(count - 1);
  const double low = std::clamp(std::floor((static_cast<double>(count) - spread) / 2) - 1, 0.0, last);
  const double high = std::clamp(std::ceil((static_cast<double>(count) + spread) / 2), 0.0, last);
  trend.low = slopes[static_cast<std::size_t>(low)];
  trend.high = slopes[static_cast<std::size_t>(high)];
  return trend;
}

}  // namespace steward::collector
