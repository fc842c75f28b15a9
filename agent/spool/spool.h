// The agent's bounded store on disk: every batch is in it before it is sent, and stays until the collector has it and
// the room is needed. One directory, FORMAT.md describes it. No thread, no timer, no global: all calls come from one
// thread, and thousands of spools fit into a process (one open file each).
//
// Lasting: what Append wrote survives kill -9; Sync happens at most every `sync_interval`, in Append, and in Close, so a
// power cut costs at most that tail.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/spool/disk.h"
#include "agent/spool/epoch_journal.h"
#include "agent/spool/interval_set.h"
#include "base/clock.h"
#include "proto/wire/samples.h"
#include "proto/wire/segment_codec.h"
#include "steward/v1/sample.pb.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

struct SpoolSettings {
  std::filesystem::path directory;                    // made if need be
  std::uint64_t bytes_max = 64 * 1024 * 1024;         // all files; at the least one segment is kept
  absl::Duration age_max = absl::Hours(14 * 24);
  absl::Duration segment_max = absl::Minutes(15);     // also cut at the hour
  absl::Duration sync_interval = absl::Seconds(30);   // InfiniteDuration: in Close only
};

// What comes from outside; everything outlives the spool.
struct SpoolParts {
  Clock& clock;
  SpoolDisk& disk;
  std::function<std::uint64_t()> random;  // for epochs: 64 random bits that differ at another time, see EpochBits
  std::string boot_id;                    // of the running system
};

// Random bits for an epoch that are others at another time, even on a machine whose random numbers were set back with it.
inline std::uint64_t EpochBits(std::uint64_t random, absl::Time now) {
  return random ^ static_cast<std::uint64_t>(absl::ToUnixMillis(now));
}

struct SpoolStatus {
  std::uint64_t bytes = 0;
  std::uint64_t batches_waiting = 0;   // stored, neither committed nor given up
  std::uint64_t segments = 0;
  std::uint64_t batches_given_up = 0;  // since the start, of any cause
  std::string fault;                   // why batches cannot be written now; empty if they can
};

struct WallSpan {  // by the machine's wall clock of that time; 0, 0: not known
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

class Spool;

// Reads the batches of one segment in order, also while it grows. Holds no open file; must not outlive its spool.
class SegmentCursor {
 public:
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t ordinal() const { return ordinal_; }
  std::uint64_t next_sequence() const { return next_sequence_; }
  const v1::SegmentStart& start() const { return start_; }

  // nullopt: no more for now; if the segment is not the current one, for good. NotFound: the spool has dropped the
  // segment. DataLoss: damaged from here on; set aside and declared, go on with another segment. Other errors: disk.
  absl::StatusOr<std::optional<v1::Batch>> Next();

 private:
  friend class Spool;
  SegmentCursor(Spool& spool, std::uint64_t ordinal) : spool_(spool), ordinal_(ordinal) {}
  absl::Status Fill();

  Spool& spool_;
  std::uint64_t ordinal_;
  std::uint64_t epoch_ = 0;
  std::uint64_t next_sequence_ = 0;
  v1::SegmentStart start_;
  std::uint64_t offset_ = 0;   // in the file, of buffer_[position_]
  std::string buffer_;
  std::size_t position_ = 0;
};

class Spool {
 public:
  // Recovers what is there: cuts torn tails, sets damaged files aside (*.damaged, declared as gaps), and draws a new
  // epoch. Errors only if the directory cannot be made, listed or read at all.
  static absl::StatusOr<std::unique_ptr<Spool>> Open(SpoolSettings settings, SpoolParts parts);
  ~Spool();  // without Close: as after kill -9
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  std::uint64_t epoch() const { return epoch_; }
  // Boot id of the newest segment that was found at Open; empty if there was none.
  const std::string& previous_boot_id() const { return previous_boot_id_; }

  // Writes the descriptors, then the batch; returns its sequence. `new_series.epoch` is set here. On an error the batch
  // is lost and (but for InvalidArgument: not encodable, nothing happened) declared as a gap; the descriptors are kept
  // in memory and written before the next batch. ResourceExhausted: the disk is full.
  absl::StatusOr<std::uint64_t> Append(v1::DescriptorSet new_series, const wire::SampleBatch& batch,
                                       const std::vector<v1::MachineEvent>& events = {});
  // The next batch opens a segment. Called when the uplink connects and when a clock was stepped.
  void CutSegment();
  // Cuts if something in the current segment is committed: the rest of the stream need not begin with it then.
  void CutSegmentIfSettled();
  // Seals it if more of its batches wait than so many: it is history then.
  void SealSegmentIfWaiting(std::uint64_t batches);
  // A new epoch: ids and sequences start anew, the caller declares all its series again with the next Append.
  void StartEpoch();
  absl::Status Sync();
  // Seals the current segment and syncs; no Append after it.
  absl::Status Close();

  // --- For the uplink ---
  std::vector<v1::EpochRanges> Held() const;                 // what is on disk, committed or not, by age of the epoch
  // What the collector says it has of a held epoch; replaces what was believed, so that a collector restored from a
  // backup gets back what it lost. What it lost and is not held here any more either is declared as a gap.
  void ReplaceCommitted(std::uint64_t epoch, const IntervalSet& committed);
  // The same where what the collector has may be another machine's batches under the same numbers: takes back what it does
  // not have, believes nothing new. What is sent again it takes as a duplicate, or refuses.
  void KeepCommitted(std::uint64_t epoch, const IntervalSet& committed);
  void MarkCommitted(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);
  // Never to be sent again: declared as a gap. In the current segment: also cuts it.
  void MarkRefused(std::uint64_t epoch, std::uint64_t first, std::uint64_t last);
  bool IsSettled(std::uint64_t epoch, std::uint64_t sequence) const;
  // Ordinals of the segments in which something waits, oldest first.
  std::vector<std::uint64_t> WaitingSegments() const;
  std::uint64_t BatchesIn(std::uint64_t ordinal) const;  // settled ones included; 0: no such segment
  std::uint64_t last_sequence() const { return next_sequence_ - 1; }  // of the running epoch; 0: none yet
  // The newest batch that is known to be committed and still held; none: there is none, or it cannot be read.
  std::optional<v1::CommittedMark> NewestCommitted();
  // Of one batch, as a mark of it.
  std::optional<v1::CommittedMark> MarkOf(std::uint64_t epoch, std::uint64_t sequence);
  // Ordinal of the segment that Append writes to; 0 if none is open.
  std::uint64_t current_segment() const { return current_ ? current_->ordinal : 0; }
  absl::StatusOr<std::unique_ptr<SegmentCursor>> OpenSegment(std::uint64_t ordinal);
  // Descriptors of an epoch from `offset` on (0: from the start), which moves behind what was read.
  absl::StatusOr<std::vector<v1::DescriptorSet>> ReadDescriptors(std::uint64_t epoch, std::uint64_t& offset);
  // Whether ReadDescriptors would give something, without touching the disk.
  bool HasDescriptorsAfter(std::uint64_t epoch, std::uint64_t offset) const;
  std::vector<SpoolGap> UntoldGaps() const;
  void MarkGapTold(const SpoolGap& gap);

  SpoolStatus status() const;

 private:
  friend class SegmentCursor;

  struct Segment {
    std::uint64_t ordinal = 0;
    std::uint64_t epoch = 0;
    SequenceSpan range;                // last < first: nothing in it
    std::uint64_t bytes = 0;
    std::uint64_t values = 0;
    std::int64_t anchor_wall_ms = 0;
    std::optional<absl::Duration> anchor_boot;  // of segments that this process began
  };
  struct Current {
    std::uint64_t ordinal = 0;
    std::unique_ptr<SpoolFile> file;
    std::unique_ptr<wire::SegmentEncoder> encoder;
    absl::Duration begin_boot;
    std::int64_t hour = 0;             // of the wall clock, since 1970
    std::uint64_t last_offset = 0;     // where the newest record begins
    std::string last_record;
  };
  class Kinds final : public wire::SeriesKinds {
   public:
    void Add(const v1::SeriesDescriptor& series);
    void Clear() { series_.clear(); }
    bool IsKnown(std::uint32_t series) const override { return Get(series) != 0; }
    bool IsDouble(std::uint32_t series) const override { return (Get(series) & 1) != 0; }
    std::uint32_t GroupOf(std::uint32_t series) const override { return Get(series) >> 1; }

   private:
    std::uint32_t Get(std::uint32_t id) const { return id < series_.size() ? series_[id] : 0; }
    std::vector<std::uint32_t> series_;  // by id: group * 2 + (1 if double); 0: unknown
  };
  struct Epoch {
    explicit Epoch(std::uint64_t id) : journal(id) {}
    EpochJournal journal;
    std::uint64_t journal_bytes = 0;     // on disk
    std::uint64_t descriptor_bytes = 0;  // on disk
    std::string unwritten;               // journal records that the disk has not taken yet
    bool journal_damaged = false;        // what was committed is not known then
  };

  Spool(SpoolSettings settings, SpoolParts parts);

  // spool_recovery.cc
  absl::Status Recover();
  void RecoverJournal(const std::string& name, std::uint64_t epoch, std::uint64_t bytes);
  void RecoverSegment(Segment segment);
  void DeclareHoles(Epoch& epoch);
  void ReadPreviousBootId();
  void SetAside(std::uint64_t ordinal, std::uint64_t good_bytes, std::uint64_t good_last);
  bool RewritePrefix(const std::filesystem::path& file, const std::filesystem::path& damaged, std::uint64_t good_bytes);

  // spool_budget.cc
  void EnforceBudget();
  bool DropOneSettled();
  bool DropOneWaiting();
  bool DropOneDamaged();
  bool TooOld(const Segment& segment) const;
  void DropSegment(std::uint64_t ordinal, v1::GapDeclaration::Cause cause);
  WallSpan WallSpanOf(std::uint64_t ordinal) const;
  void DeclareWaiting(Epoch& epoch, SequenceSpan range, v1::GapDeclaration::Cause cause, std::uint64_t values,
                      WallSpan wall = {});
  void DropEpochIfEmpty(std::uint64_t epoch);
  std::uint64_t TotalBytes() const;

  // spool.cc
  absl::Status WriteBatch(const wire::SampleBatch& batch, const std::vector<v1::MachineEvent>& events,
                          std::uint64_t sequence);
  absl::Status WriteDescriptors();
  absl::Status BeginSegment(std::uint64_t sequence, std::string& first_bytes);
  void SealCurrent();
  bool MustCut() const;
  void NoteWriteFailure(const absl::Status& status, std::uint64_t sequence, std::uint64_t values);
  void NoteWriteSuccess();
  bool SyncIsDue();
  void FlushGapBeingMade();
  void WriteJournal(Epoch& epoch);
  void CompactJournal(Epoch& epoch);
  Epoch& EpochOf(std::uint64_t id);
  std::uint64_t LastSequence(std::uint64_t epoch) const;  // 0: none
  const Epoch* FindEpoch(std::uint64_t id) const;
  std::filesystem::path SegmentPath(const Segment& segment) const;
  std::filesystem::path EpochPath(std::uint64_t epoch, std::string_view suffix) const;
  std::filesystem::path PathOf(std::string_view name) const { return settings_.directory / name; }

  const SpoolSettings settings_;
  const SpoolParts parts_;
  std::uint64_t epoch_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t next_ordinal_ = 1;
  std::string previous_boot_id_;
  Kinds kinds_;
  v1::DescriptorSet unwritten_series_;
  std::map<std::uint64_t, Segment> segments_;  // by ordinal
  std::map<std::uint64_t, std::unique_ptr<Epoch>> epochs_;
  std::map<std::string, std::uint64_t> damaged_;  // set aside: name, bytes
  std::optional<Current> current_;
  bool cut_requested_ = false;
  std::optional<SpoolGap> gap_being_made_;  // the disk takes nothing; declared when it does again
  std::string fault_;
  std::uint64_t batches_given_up_ = 0;
  absl::Duration last_sync_;
  absl::Duration last_append_ = -absl::InfiniteDuration();  // so the first batch of a start is synced at once
  std::set<std::filesystem::path> unsynced_;  // closed files with bytes that may not be on the disk yet
  bool directory_changed_ = false;
  bool full_logged_ = false;
};

}  // namespace steward::agent
