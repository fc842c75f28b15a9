// Where one boot of a machine stands on the collector's time line: from its boot clock to time. Boot clocks run on while the
// wall clock is stepped and while the machine sleeps, so this and not the wall clock orders the samples.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// What a clock reading may be at all: not negative, and not beyond the year 9999.
bool IsBootMs(std::int64_t boot_ms);
bool IsWallMs(std::int64_t wall_ms);

class BootClock {
 public:
  // `record` has at least one point.
  explicit BootClock(BootClockRecord record) : record_(std::move(record)) {}

  // InvalidArgument: an anchor outside the years 1970 to 9999, or no boot clock.
  static absl::Status CheckAnchor(const v1::SegmentStart& segment);

  const BootClockRecord& record() const { return record_; }
  absl::Time start_time() const { return absl::FromUnixMillis(WallMsAt(0)); }  // of the boot

  // Whole milliseconds. InvalidArgument: no boot clock, or outside the years 1970 to 9999.
  absl::StatusOr<absl::Time> ToWall(std::int64_t boot_ms) const;
  std::int64_t WallMsAt(std::int64_t boot_ms) const;
  // The highest boot clock of which the time is not later than `time`.
  std::int64_t BootMsAt(absl::Time time) const;

  // At `boot_ms` it was `wall_ms` within `uncertainty`. Up to `fixed_boot_ms` samples are stored: what was said up to there
  // stays, from there on the difference is made good, slowly enough that time runs on. False: near enough, unchanged.
  bool Correct(std::int64_t boot_ms, std::int64_t wall_ms, absl::Duration uncertainty, std::int64_t fixed_boot_ms);
  void NoteMeasured(absl::Time now, std::int64_t wall_error_ms);

 private:
  BootClockRecord record_;
};

}  // namespace steward::collector
