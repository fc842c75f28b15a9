#include "collector/ingest/boot_clock.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "collector/ingest/limits.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kWallMsMax = 253'402'300'799'999;  // the end of year 9999
constexpr std::int64_t kBootMsMax = kWallMsMax;

// From x to the line through two points; exact where both move alike.
std::int64_t Between(std::int64_t x, std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) {
  const std::int64_t dx = x - x0;
  const auto slope_less_one = static_cast<double>((y1 - y0) - (x1 - x0)) / static_cast<double>(x1 - x0);
  return y0 + dx + std::llround(static_cast<double>(dx) * slope_less_one);
}

}  // namespace

bool IsBootMs(std::int64_t boot_ms) { return boot_ms >= 0 && boot_ms <= kBootMsMax; }
bool IsWallMs(std::int64_t wall_ms) { return wall_ms >= 0 && wall_ms <= kWallMsMax; }

absl::Status BootClock::CheckAnchor(const v1::SegmentStart& segment) {
  if (!IsBootMs(segment.anchor_boot_ms())) {
    return absl::InvalidArgumentError(StrCat("anchor_boot_ms ", segment.anchor_boot_ms(), " is no time since a boot"));
  }
  if (!IsWallMs(segment.anchor_wall_ms())) {
    return absl::InvalidArgumentError(StrCat("anchor_wall_ms ", segment.anchor_wall_ms(), " is outside the years 1970 to 9999"));
  }
  return absl::OkStatus();
}

std::int64_t BootClock::WallMsAt(std::int64_t boot_ms) const {
  const std::vector<BootClockPoint>& points = record_.points;
  const auto after = std::upper_bound(points.begin(), points.end(), boot_ms,
                                      [](std::int64_t value, const BootClockPoint& point) { return value < point.boot_ms; });
  if (after == points.begin()) return after->wall_ms + (boot_ms - after->boot_ms);
  const BootClockPoint& before = *(after - 1);
  if (after == points.end()) return before.wall_ms + (boot_ms - before.boot_ms);
  return Between(boot_ms, before.boot_ms, before.wall_ms, after->boot_ms, after->wall_ms);
}

absl::StatusOr<absl::Time> BootClock::ToWall(std::int64_t boot_ms) const {
  if (!IsBootMs(boot_ms)) return absl::InvalidArgumentError(StrCat("boot_ms ", boot_ms, " is no time since a boot"));
  const std::int64_t wall_ms = WallMsAt(boot_ms);
  if (!IsWallMs(wall_ms)) return absl::InvalidArgumentError(StrCat("boot_ms ", boot_ms, " is outside the years 1970 to 9999"));
  return absl::FromUnixMillis(wall_ms);
}

std::int64_t BootClock::BootMsAt(absl::Time time) const {
  const std::int64_t wall_ms = absl::ToUnixMillis(time);
  const std::vector<BootClockPoint>& points = record_.points;
  const auto after = std::upper_bound(points.begin(), points.end(), wall_ms,
                                      [](std::int64_t value, const BootClockPoint& point) { return value < point.wall_ms; });
  if (after == points.begin()) return after->boot_ms - (after->wall_ms - wall_ms);
  const BootClockPoint& before = *(after - 1);
  if (after == points.end()) return before.boot_ms + (wall_ms - before.wall_ms);
  return Between(wall_ms, before.wall_ms, before.boot_ms, after->wall_ms, after->boot_ms);
}

bool BootClock::Correct(std::int64_t boot_ms, std::int64_t wall_ms, absl::Duration uncertainty, std::int64_t fixed_boot_ms) {
  if (absl::Milliseconds(std::abs(wall_ms - WallMsAt(boot_ms))) <= std::max(uncertainty, kClockTolerance)) return false;
  std::vector<BootClockPoint>& points = record_.points;
  const std::int64_t begin = std::max(fixed_boot_ms, points.front().boot_ms);
  const std::int64_t begin_wall = WallMsAt(begin);
  while (points.size() > 1 && points.back().boot_ms >= begin) points.pop_back();
  if (points.back().boot_ms < begin) points.push_back({begin, begin_wall});
  // Against a straight run from there: what an earlier correction had begun is given up with its points.
  const std::int64_t error = wall_ms - (begin_wall + (boot_ms - begin));
  // Over the time since then, if that is slow enough: so a boot clock's drift while disconnected is spread as it arose.
  const std::int64_t slowest = std::abs(error) * kClockSlewInverse;
  const std::int64_t span = std::max({boot_ms - begin, slowest, std::int64_t{1}});
  points.push_back({begin + span, begin_wall + span + error});
  if (points.size() > kClockPointsMax) points.erase(points.begin(), points.end() - static_cast<std::ptrdiff_t>(kClockPointsMax));
  return true;
}

void BootClock::NoteMeasured(absl::Time now, std::int64_t wall_error_ms) {
  record_.measured_time = now;
  record_.wall_error_ms = wall_error_ms;
}

}  // namespace steward::collector
