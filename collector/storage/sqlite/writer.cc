#include "collector/storage/sqlite/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "collector/storage/sqlite/fold.h"
#include "collector/storage/sqlite/transaction.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

// Writes that come while hours are folded, some 1 ms each, wait for it. Under load folding gets as much time as the
// commit before it had, so that it keeps up.
constexpr std::chrono::milliseconds kFoldTime(4);
constexpr std::int64_t kBatchesBetweenLooks = 2'000;
constexpr int kGroupsAfterFailedFold = 100;   // a full disk stays full for a while

int NotePages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

Writer::Writer(Connection& connection, WriteQueue& queue, std::int64_t checkpoint_wal_bytes)
    : connection_(connection),
      queue_(queue),
      log_(connection),
      checkpoint_pages_(static_cast<int>(checkpoint_wal_bytes / connection.Integer("PRAGMA page_size"))) {
  sqlite3_wal_hook(connection_.handle(), NotePages, &wal_pages_);  // instead of SQLite's own checkpoints
}

void Writer::Run() {
  while (true) {
    std::deque<QueuedWrite> group = queue_.Take();
    if (group.empty()) break;
    const Clock::time_point begun = Clock::now();
    Commit(group);
    const Clock::duration commit_time = Clock::now() - begun;
    std::size_t bytes = 0;
    for (QueuedWrite& queued : group) {
      queued.write = nullptr;  // what it holds is free before its owner is told
      bytes += queued.bytes;
    }
    queue_.Release(bytes);
    for (QueuedWrite& queued : group) {
      queued.done(std::move(queued.result));
      queued.done = nullptr;
    }
    log_.Trim();
    FoldSome(commit_time);
    CheckpointIfLong();
  }
  sqlite3_wal_hook(connection_.handle(), nullptr, nullptr);
}

void Writer::Commit(std::deque<QueuedWrite>& group) {
  absl::Status status = Guarded(connection_, [&] {
    connection_.Execute("BEGIN IMMEDIATE");
    return absl::OkStatus();
  });
  if (status.ok()) status = RunWrites(group);
  if (status.ok()) status = CommitTransaction();
  if (status.ok()) return;
  RollBackAll();
  for (QueuedWrite& queued : group) queued.result = status;
}

absl::Status Writer::RunWrites(std::deque<QueuedWrite>& group) {
  SqliteTransaction transaction(connection_, log_);
  for (QueuedWrite& queued : group) {
    bool group_lost = false;
    queued.result = transaction.Run(queued.write, group_lost);
    if (group_lost) return queued.result;
  }
  return absl::OkStatus();
}

absl::Status Writer::CommitTransaction() {
  return Guarded(connection_, [&] {
    log_.BeginWrite();
    log_.Flush();
    connection_.Execute("COMMIT");
    return absl::OkStatus();
  });
}

void Writer::RollBackAll() {
  // Failing here leaves a transaction that the next BEGIN reports; there is nothing better to do.
  (void)Guarded(connection_, [&] {
    if (connection_.InTransaction()) connection_.Execute("ROLLBACK");
    return absl::OkStatus();
  });
  (void)Guarded(connection_, [&] {
    log_.Forget();
    return absl::OkStatus();
  });
}

void Writer::FoldSome(Clock::duration commit_time) {
  if (fold_not_before_ > 0) {
    --fold_not_before_;
    return;
  }
  const absl::Status status = Guarded(connection_, [&] { return FoldFor(std::max<Clock::duration>(kFoldTime, commit_time)); });
  if (status.ok()) return;
  // The rows stay in the log, where queries find them, until it holds too many.
  spdlog::warn("packing samples of a past hour failed, it will be tried again: {}", status.ToString());
  RollBackAll();
  fold_not_before_ = kGroupsAfterFailedFold;
}

absl::Status Writer::FoldFor(Clock::duration budget) {
  const Clock::time_point begun = Clock::now();
  std::vector<std::int64_t> machines;
  std::optional<MachineHour> hour;
  if (log_.next_batch_id() >= look_for_holding_at_) {
    look_for_holding_at_ = log_.next_batch_id() + kBatchesBetweenLooks;
    hour = FindHoldingRun(connection_, log_.next_batch_id());
  }
  if (!hour.has_value()) hour = log_.TakeFinishedHour();
  if (!hour.has_value()) return absl::OkStatus();
  connection_.Execute("BEGIN IMMEDIATE");
  while (hour.has_value()) {
    if (auto status = FoldHour(connection_, *hour); !status.ok()) return status;
    machines.push_back(hour->machine);
    hour = Clock::now() - begun < budget ? log_.TakeFinishedHour() : std::nullopt;
  }
  TrimLog(connection_, log_.next_batch_id());
  connection_.Execute("COMMIT");
  for (const std::int64_t machine : machines) log_.ForgetMachine(machine);
  return absl::OkStatus();
}

void Writer::CheckpointIfLong() {
  if (wal_pages_ < checkpoint_pages_) return;
  wal_pages_ = 0;
  // What cannot be moved now, for a reader that still needs it or for want of space, is moved the next time.
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace steward::collector
