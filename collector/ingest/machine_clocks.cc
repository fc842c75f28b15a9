#include "collector/ingest/machine_clocks.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "collector/ingest/limits.h"

namespace steward::collector {

MachineClocks::MachineClocks(std::vector<BootClockRecord> stored, absl::Time last_stored, std::string running_boot_id)
    : last_stored_(last_stored), running_(std::move(running_boot_id)) {
  for (BootClockRecord& record : stored) {  // measured last first
    if (record.points.empty()) continue;
    if (record.boot_id == running_) {
      fixed_by_store_ = true;
    } else if (!neighbour_error_ms_.has_value() && !record.estimated) {
      neighbour_error_ms_ = record.wall_error_ms;
    }
    std::string id = record.boot_id;
    clocks_.emplace(std::move(id), BootClock(std::move(record)));
  }
}

void MachineClocks::Measure(const ClockMeasurement& measurement) {
  const std::int64_t collector_ms = absl::ToUnixMillis(measurement.collector_time);
  wall_error_ms_ = measurement.wall_ms - collector_ms;
  // A machine that keeps time itself, as far as can be told from here, tells it better than messages that take theirs.
  const bool keeps_time = absl::Milliseconds(std::abs(wall_error_ms_)) <= std::max(kClockTrusted, measurement.uncertainty);
  MeasureRunning(measurement, keeps_time ? measurement.wall_ms : collector_ms);
  if (absl::Time start = clocks_.at(running_).start_time(); start < next_start_) next_start_ = start;
}

void MachineClocks::MeasureRunning(const ClockMeasurement& measurement, std::int64_t wall_ms) {
  const auto found = clocks_.find(running_);
  const bool fixed = fixed_by_store_ || used_boot_ms_ >= 0;
  // A virtual machine that was set back runs through the same boot clock again, later: what was said of it no longer holds.
  const bool went_back = found != clocks_.end() && fixed_by_store_ && used_boot_ms_ < 0 &&
                         absl::Milliseconds(FixedBootMs(found->second) - measurement.boot_ms) > kClockWentBack;
  if (found == clocks_.end() || !fixed || went_back || found->second.record().estimated) {
    BootClockRecord record{running_, false, wall_error_ms_, measurement.collector_time, {{measurement.boot_ms, wall_ms}}};
    clocks_.insert_or_assign(running_, BootClock(std::move(record)));
    if (went_back) fixed_by_store_ = false;
    changed_.push_back(running_);
    return;
  }
  BootClock& clock = found->second;
  // What was said before and agrees with the collector stays: else a machine whose error is about as large as can be
  // trusted would be moved to and fro. So it does where a comparison tells less than is known.
  const std::int64_t collector_ms = absl::ToUnixMillis(measurement.collector_time);
  const std::int64_t said_ms = clock.WallMsAt(measurement.boot_ms);
  const absl::Duration left_alone =
      measurement.uncertainty > kClockTrusted ? measurement.uncertainty + kClockTrusted : kClockTolerance;
  if (absl::Milliseconds(std::abs(said_ms - collector_ms)) <= left_alone) wall_ms = said_ms;
  const bool corrected = clock.Correct(measurement.boot_ms, wall_ms, measurement.uncertainty, FixedBootMs(clock));
  if (!corrected && std::abs(clock.record().wall_error_ms - wall_error_ms_) < absl::ToInt64Milliseconds(kClockTrusted)) return;
  clock.NoteMeasured(measurement.collector_time, wall_error_ms_);
  changed_.push_back(running_);
}

// Up to where samples of the running boot may be stored.
std::int64_t MachineClocks::FixedBootMs(const BootClock& clock) const {
  std::int64_t fixed = std::max(used_boot_ms_, clock.record().points.front().boot_ms);
  if (last_stored_ != absl::InfinitePast()) fixed = std::max(fixed, clock.BootMsAt(last_stored_));
  return fixed;
}

const BootClock* MachineClocks::For(const v1::SegmentStart& segment, bool newest_first, absl::Time now) {
  if (!clocks_.contains(running_)) return nullptr;
  auto found = clocks_.find(segment.boot_id());
  if (found == clocks_.end()) {
    found = clocks_.emplace(segment.boot_id(), Estimate(segment, now)).first;
    changed_.push_back(segment.boot_id());
  }
  if (newest_first && found->second.start_time() < next_start_) next_start_ = found->second.start_time();
  return &found->second;
}

// By its wall clock, less the error that this clock had before or after; if that puts the boot among others, at the end of
// the only time in which it can have run: between the newest stored sample and the start of the next boot.
BootClock MachineClocks::Estimate(const v1::SegmentStart& segment, absl::Time now) const {
  const absl::Duration into_boot = absl::Milliseconds(segment.anchor_boot_ms());
  const absl::Time latest = std::min(next_start_, now);
  const absl::Time earliest = last_stored_ < latest ? last_stored_ : absl::InfinitePast();
  std::optional<absl::Time> anchor;
  for (const std::int64_t error_ms : {wall_error_ms_, neighbour_error_ms_.value_or(wall_error_ms_), std::int64_t{0}}) {
    const absl::Time candidate = absl::FromUnixMillis(segment.anchor_wall_ms() - error_ms);
    if (candidate > latest || candidate - into_boot + kClockTrusted < earliest || candidate < kNoMachineBefore) continue;
    anchor = candidate;
    break;
  }
  if (!anchor.has_value()) {
    anchor = latest - kSegmentLongest;
    if (earliest != absl::InfinitePast()) anchor = std::min(std::max(*anchor, earliest + into_boot), latest);
  }
  const std::int64_t wall_ms = absl::ToUnixMillis(*anchor);
  return BootClock({segment.boot_id(), true, segment.anchor_wall_ms() - wall_ms, now, {{segment.anchor_boot_ms(), wall_ms}}});
}

void MachineClocks::NoteUsed(const std::string& boot_id, std::int64_t boot_ms) {
  if (boot_id == running_) used_boot_ms_ = std::max(used_boot_ms_, boot_ms);
}

std::vector<BootClockRecord> MachineClocks::TakeChanged() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  std::vector<BootClockRecord> records;
  for (const std::string& id : std::exchange(changed_, {})) records.push_back(clocks_.at(id).record());
  return records;
}

}  // namespace steward::collector
