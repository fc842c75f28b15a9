// The clocks of one machine while it is connected: of the boot that runs, measured against the collector's; of earlier ones,
// as they were measured, or estimated if they never met the collector.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "collector/ingest/boot_clock.h"
#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

struct ClockMeasurement {
  std::int64_t boot_ms = 0;
  std::int64_t wall_ms = 0;      // the machine's
  absl::Time collector_time;     // the same moment, within `uncertainty`
  absl::Duration uncertainty;
};

// Core thread. Changed records are to be stored before the batches that were placed by them.
class MachineClocks {
 public:
  // `stored` are the machine's, `last_stored` is the time of its newest stored sample; InfinitePast: none.
  MachineClocks(std::vector<BootClockRecord> stored, absl::Time last_stored, std::string running_boot_id);

  void Measure(const ClockMeasurement& measurement);
  // Null until the first Measure. Segments of a boot that is not known are estimated from their anchor; `newest_first` if
  // segments come in that order, so that each boot that is met lies before the one met last.
  const BootClock* For(const v1::SegmentStart& segment, bool newest_first, absl::Time now);
  // A batch was placed: from now on what is said of the running boot up to there is fixed.
  void NoteUsed(const std::string& boot_id, std::int64_t boot_ms);
  std::vector<BootClockRecord> TakeChanged();

  std::int64_t wall_error_ms() const { return wall_error_ms_; }

 private:
  void MeasureRunning(const ClockMeasurement& measurement, std::int64_t wall_ms);
  BootClock Estimate(const v1::SegmentStart& segment, absl::Time now) const;
  std::int64_t FixedBootMs(const BootClock& clock) const;

  std::map<std::string, BootClock> clocks_;
  const absl::Time last_stored_;
  const std::string running_;
  std::optional<std::int64_t> neighbour_error_ms_;  // of the boot measured before the running one
  std::int64_t wall_error_ms_ = 0;
  std::int64_t used_boot_ms_ = -1;                  // of the running boot, on this stream
  bool fixed_by_store_ = false;                     // samples of the running boot were stored before this stream
  absl::Time next_start_ = absl::InfiniteFuture();  // of the boot after the ones to be estimated
  std::vector<std::string> changed_;
};

}  // namespace steward::collector
