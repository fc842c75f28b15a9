// What is dropped when room is needed, in which order, and how it is declared.
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "agent/spool/spool.h"
#include "spdlog/spdlog.h"

namespace steward::agent {

std::uint64_t Spool::TotalBytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [ordinal, segment] : segments_) bytes += segment.bytes;
  for (const auto& [id, epoch] : epochs_) bytes += epoch->journal_bytes + epoch->descriptor_bytes;
  for (const auto& [name, size] : damaged_) bytes += size;
  return bytes;
}

bool Spool::TooOld(const Segment& segment) const {
  // The boot clock is right even where the wall clock was stepped; for earlier boots there is only the wall clock.
  if (segment.anchor_boot) return parts_.clock.BootNow() - *segment.anchor_boot > settings_.age_max;
  return parts_.clock.WallNow() - absl::FromUnixMillis(segment.anchor_wall_ms) > settings_.age_max;
}

void Spool::EnforceBudget() {
  while (!segments_.empty() && segments_.begin()->first != current_segment() && TooOld(segments_.begin()->second)) {
    DropSegment(segments_.begin()->first, v1::GapDeclaration::TOO_OLD);
  }
  while (TotalBytes() > settings_.bytes_max && (DropOneDamaged() || DropOneSettled() || DropOneWaiting())) {
  }
}

bool Spool::DropOneDamaged() {
  if (damaged_.empty()) return false;
  parts_.disk.Remove(PathOf(damaged_.begin()->first)).IgnoreError();
  damaged_.erase(damaged_.begin());
  return true;
}

bool Spool::DropOneSettled() {
  for (const auto& [ordinal, segment] : segments_) {
    if (ordinal == current_segment()) continue;
    if (!EpochOf(segment.epoch).journal.Settled(segment.range.first, segment.range.last)) continue;
    DropSegment(ordinal, v1::GapDeclaration::SPOOL_FULL);
    return true;
  }
  return false;
}

bool Spool::DropOneWaiting() {
  for (const auto& [ordinal, segment] : segments_) {
    if (ordinal == current_segment()) continue;
    if (!std::exchange(full_logged_, true)) {
      spdlog::warn("spool: full at {} bytes; from now on the oldest batches are dropped before the collector got them",
                   settings_.bytes_max);
    }
    DropSegment(ordinal, v1::GapDeclaration::SPOOL_FULL);
    return true;
  }
  return false;
}

void Spool::DropSegment(std::uint64_t ordinal, v1::GapDeclaration::Cause cause) {
  const Segment segment = segments_.at(ordinal);
  Epoch& epoch = EpochOf(segment.epoch);
  DeclareWaiting(epoch, segment.range, cause, segment.values, WallSpanOf(ordinal));  // first on disk, then the file goes
  parts_.disk.Remove(SegmentPath(segment)).IgnoreError();
  segments_.erase(ordinal);
  epoch.journal.ForgetSealed(ordinal);
  directory_changed_ = true;
  DropEpochIfEmpty(segment.epoch);
}

// From its start to that of the next segment, or as long as a segment may be.
WallSpan Spool::WallSpanOf(std::uint64_t ordinal) const {
  const auto segment = segments_.find(ordinal);
  if (segment == segments_.end() || segment->second.anchor_wall_ms == 0) return {};
  const auto next = std::next(segment);
  const std::int64_t begin = segment->second.anchor_wall_ms;
  std::int64_t end = begin + absl::ToInt64Milliseconds(settings_.segment_max);
  if (next != segments_.end() && next->second.anchor_wall_ms > begin) end = std::min(end, next->second.anchor_wall_ms);
  return {begin, end};
}

void Spool::DeclareWaiting(Epoch& epoch, SequenceSpan range, v1::GapDeclaration::Cause cause, std::uint64_t values,
                           WallSpan wall) {
  const std::vector<SequenceSpan> waiting = epoch.journal.WaitingSpans(range.first, range.last);
  for (const SequenceSpan& span : waiting) {
    batches_given_up_ += span.last - span.first + 1;
    epoch.journal.AddGap({epoch.journal.epoch(), span, cause, span == range ? values : 0, wall.from_ms, wall.to_ms},
                         epoch.unwritten);
  }
  WriteJournal(epoch);
}

void Spool::DropEpochIfEmpty(std::uint64_t id) {
  const auto it = epochs_.find(id);
  if (it == epochs_.end() || id == epoch_ || !it->second->journal.untold_gaps().empty()) return;
  for (const auto& [ordinal, segment] : segments_) {
    if (segment.epoch == id) return;
  }
  for (const std::string_view suffix : {"journal", "series"}) {
    const std::filesystem::path path = EpochPath(id, suffix);
    unsynced_.erase(path);
    parts_.disk.Remove(path).IgnoreError();
  }
  directory_changed_ = true;
  epochs_.erase(it);
}

SpoolStatus Spool::status() const {
  SpoolStatus status;
  status.bytes = TotalBytes();
  status.segments = segments_.size();
  status.batches_given_up = batches_given_up_;
  status.fault = fault_;
  for (const auto& [ordinal, segment] : segments_) {
    status.batches_waiting += FindEpoch(segment.epoch)->journal.WaitingIn(segment.range.first, segment.range.last);
  }
  return status;
}

}  // namespace steward::agent
