// The writer's side of batches: the log they are appended to, and which sequences are committed.
//
// A batch is one row of `batch`, in the order of commits, so that a group of writes fills the log's last pages and
// touches no page per machine. Rows of a segment without a hole form a run; its row in `run` is written once per group,
// by Flush, and says where the newest batch is; each batch names the one before it. What is committed is what the runs
// and the table `committed` say, and the log keeps that in memory for the epochs in use.
// fold.h moves runs of past hours into blocks.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/interval_set.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

struct Run {
  std::int64_t key = 0;
  std::int64_t machine = 0;
  std::uint64_t epoch = 0;
  std::uint64_t segment_first = 0;
  std::uint64_t sequence_first = 0;
  std::uint64_t sequence_last = 0;
  std::int64_t batch_first = 0;
  std::int64_t batch_last = 0;
  std::int64_t time_min_ms = 0;
  std::int64_t time_max_ms = 0;
};

struct MachineHour {
  std::int64_t machine = 0;
  std::int64_t hour = 0;
};

// The hour a run belongs to: that of its oldest batch.
std::int64_t HourOf(std::int64_t time_ms);

// Throws SQLite::Exception where it does not return a Status. Writer thread only.
class BatchLog {
 public:
  explicit BatchLog(Connection& connection);

  absl::StatusOr<AppendResult> Append(const BatchRecord& batch);
  // Writes the runs that changed. Before a commit, and before anybody reads within the transaction.
  void Flush();

  // A write begins: what follows until the next BeginWrite can be undone alone. RollBack undoes it, after the
  // transaction has been rolled back to its savepoint if there was one.
  void BeginWrite();
  void RollBack();
  // Drops all that is in memory, after the transaction as a whole was rolled back or others changed the tables.
  void Forget();
  // Drops what it knows of a machine, whose runs others changed. Nothing of it waits to be flushed.
  void ForgetMachine(std::int64_t machine);
  // Of all machines, some of which may be gone.
  void ForgetRuns() {
    epochs_.clear();
    machine_keys_.clear();
  }
  // Drops what is in memory if it has grown large. Between groups.
  void Trim();

  // An hour of a machine that is complete as far as can be told, for fold.h; each is given once.
  std::optional<MachineHour> TakeFinishedHour();
  std::int64_t next_batch_id() const { return next_batch_id_; }
  bool HasAppended() const { return !appended_.empty(); }

 private:
  struct CachedRun {
    Run run;
    bool stored = false;   // surely has a row
    bool dirty = false;    // differs from its row, and is in dirty_
    bool dropped = false;  // undone
  };
  struct Epoch {
    IntervalSet committed;
    absl::flat_hash_map<std::uint64_t, std::shared_ptr<CachedRun>> tails;  // by segment: the run that can be continued
  };
  struct Appended {
    std::shared_ptr<Epoch> epoch;
    std::shared_ptr<CachedRun> run;
    std::shared_ptr<CachedRun> previous_tail;  // of the segment, if `run` is new
    Run before;                                // of `run`, if it is not
    bool new_run = false;
    std::uint64_t sequence = 0;
    std::int64_t batch_id = 0;
  };
  struct Hours {
    std::int64_t newest = 0;
    absl::btree_set<std::int64_t> open;
  };

  std::optional<std::int64_t> MachineKey(const std::string& id);
  std::shared_ptr<Epoch> FindEpoch(std::int64_t machine, std::uint64_t epoch);
  std::shared_ptr<CachedRun> NewRun(std::int64_t machine, const BatchRecord& batch, std::int64_t time_ms);
  void InsertBatch(const BatchRecord& batch, const Run& run, std::int64_t id, std::int64_t previous,
                   std::int64_t time_ms);
  void WriteRun(const Run& run, bool stored);
  void MarkDirty(const std::shared_ptr<CachedRun>& run);
  void NoteHour(std::int64_t machine, std::int64_t hour);
  void LoadPositions();
  absl::StatusOr<AppendResult> CompareWithStored(std::int64_t machine, const BatchRecord& batch);

  Connection& connection_;
  std::int64_t next_batch_id_ = 1;
  std::int64_t next_run_key_ = 1;
  absl::flat_hash_map<std::string, std::int64_t> machine_keys_;
  absl::flat_hash_map<std::pair<std::int64_t, std::uint64_t>, std::shared_ptr<Epoch>> epochs_;  // machine, epoch
  std::vector<std::shared_ptr<CachedRun>> dirty_;
  std::vector<Appended> appended_;                                      // by the current write
  std::vector<std::shared_ptr<CachedRun>> flushed_;                     // by the current write
  absl::flat_hash_map<std::int64_t, Hours> hours_;                      // by machine
  std::deque<MachineHour> finished_;
};

}  // namespace steward::collector
