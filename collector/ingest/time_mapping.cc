#include "collector/ingest/time_mapping.h"

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kWallMsMax = 253'402'300'799'999;  // the end of year 9999
constexpr std::int64_t kBootMsMax = kWallMsMax;

bool IsBootMs(std::int64_t boot_ms) { return boot_ms >= 0 && boot_ms <= kBootMsMax; }
bool IsWallMs(std::int64_t wall_ms) { return wall_ms >= 0 && wall_ms <= kWallMsMax; }

}  // namespace

absl::StatusOr<TimeMapping> TimeMapping::FromAnchor(const v1::SegmentStart& segment) {
  if (!IsBootMs(segment.anchor_boot_ms())) {
    return absl::InvalidArgumentError(StrCat("anchor_boot_ms ", segment.anchor_boot_ms(), " is no time since a boot"));
  }
  if (!IsWallMs(segment.anchor_wall_ms())) {
    return absl::InvalidArgumentError(StrCat("anchor_wall_ms ", segment.anchor_wall_ms(), " is outside the years 1970 to 9999"));
  }
  return TimeMapping(segment.anchor_boot_ms(), segment.anchor_wall_ms());
}

absl::StatusOr<absl::Time> TimeMapping::ToWall(std::int64_t boot_ms) const {
  if (!IsBootMs(boot_ms)) return absl::InvalidArgumentError(StrCat("boot_ms ", boot_ms, " is no time since a boot"));
  const std::int64_t wall_ms = anchor_wall_ms_ + (boot_ms - anchor_boot_ms_);  // each is far from the ends of int64
  if (!IsWallMs(wall_ms)) return absl::InvalidArgumentError(StrCat("boot_ms ", boot_ms, " is outside the years 1970 to 9999"));
  return absl::FromUnixMillis(wall_ms);
}

}  // namespace steward::collector
