// What the spool knows about the batches of one epoch beyond their content: which are committed at the collector, which
// are given up, which segments are complete. Kept in <epoch>.journal, appended to; see FORMAT.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/spool/interval_set.h"
#include "agent/spool/record.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

struct SpoolGap {
  std::uint64_t epoch = 0;
  SequenceSpan range;
  v1::GapDeclaration::Cause cause = v1::GapDeclaration::CAUSE_UNSPECIFIED;
  std::uint64_t values = 0;  // 0: not known
  std::int64_t from_wall_ms = 0;  // when sampled, by the machine's wall clock then; 0: not known
  std::int64_t to_wall_ms = 0;
};

struct SealedSegment {
  std::uint64_t ordinal = 0;
  SequenceSpan range;
  std::uint64_t bytes = 0;
  std::uint64_t values = 0;
  std::int64_t anchor_wall_ms = 0;  // when it began, by the machine's wall clock
};

class EpochJournal {
 public:
  explicit EpochJournal(std::uint64_t epoch) : epoch_(epoch) {}

  std::uint64_t epoch() const { return epoch_; }
  const IntervalSet& committed() const { return committed_; }
  const IntervalSet& given_up() const { return given_up_; }
  const std::vector<SpoolGap>& untold_gaps() const { return untold_; }
  const std::map<std::uint64_t, SealedSegment>& sealed() const { return sealed_; }  // by ordinal
  // Settled: nothing more to do for these.
  bool Settled(std::uint64_t first, std::uint64_t last) const;
  std::uint64_t WaitingIn(std::uint64_t first, std::uint64_t last) const;
  std::vector<SequenceSpan> WaitingSpans(std::uint64_t first, std::uint64_t last) const;

  // Each changes the state and appends its record to `out`; no record if nothing changed.
  void AddCommitted(std::uint64_t first, std::uint64_t last, std::string& out);
  void ReplaceCommitted(const IntervalSet& committed, std::string& out);
  void AddGap(const SpoolGap& gap, std::string& out);
  void MarkGapTold(const SpoolGap& gap, std::string& out);
  void AddSealed(const SealedSegment& segment, std::string& out);
  void ForgetSealed(std::uint64_t ordinal) { sealed_.erase(ordinal); }

  // False: not understood; the state is unchanged.
  bool Replay(RecordType type, std::string_view payload);
  // The whole state as few records.
  std::string Compacted() const;

 private:
  bool ReplayGap(std::string_view payload);
  void RememberGap(SpoolGap gap);
  void ForgetGap(SequenceSpan range);

  std::uint64_t epoch_;
  IntervalSet committed_;
  IntervalSet given_up_;
  std::vector<SpoolGap> untold_;
  std::map<std::uint64_t, SealedSegment> sealed_;
};

}  // namespace steward::agent
