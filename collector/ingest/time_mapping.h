// From a machine's boot clock to the collector's time line. Now by one anchor a segment: a moment on both of the machine's
// clocks, so a wall clock that is wrong stays wrong.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

class TimeMapping {
 public:
  // InvalidArgument: an anchor outside the years 1970 to 9999, or no boot clock.
  static absl::StatusOr<TimeMapping> FromAnchor(const v1::SegmentStart& segment);

  // Whole milliseconds. InvalidArgument: the moment is before the boot or outside those years.
  absl::StatusOr<absl::Time> ToWall(std::int64_t boot_ms) const;

 private:
  TimeMapping(std::int64_t anchor_boot_ms, std::int64_t anchor_wall_ms)
      : anchor_boot_ms_(anchor_boot_ms), anchor_wall_ms_(anchor_wall_ms) {}

  std::int64_t anchor_boot_ms_;
  std::int64_t anchor_wall_ms_;
};

}  // namespace steward::collector
