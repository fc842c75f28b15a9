// The writer thread's work: groups of writes in one commit each, and the upkeep of the file between them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "absl/status/status.h"
#include "collector/storage/sqlite/batch_log.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/write_queue.h"

namespace steward::collector {

// Used by the writer thread alone once it runs.
class Writer {
 public:
  Writer(Connection& connection, WriteQueue& queue, std::int64_t checkpoint_wal_bytes);

  // Until the queue is stopped and empty.
  void Run();

 private:
  using Clock = std::chrono::steady_clock;

  void Commit(std::deque<QueuedWrite>& group);
  // Runs the writes of a group in an open transaction. An error: the transaction is lost, and all of them with it.
  absl::Status RunWrites(std::deque<QueuedWrite>& group);
  absl::Status CommitTransaction();
  void RollBackAll();
  void FoldSome(Clock::duration commit_time);
  absl::Status FoldFor(Clock::duration budget);
  void CheckpointIfLong();

  Connection& connection_;
  WriteQueue& queue_;
  BatchLog log_;
  const int checkpoint_pages_;
  int wal_pages_ = 0;          // of the last commit
  int fold_not_before_ = 0;    // groups to wait after a failure
  std::int64_t look_for_holding_at_ = 0;  // the next batch id at which a silent machine's run is looked for
};

}  // namespace steward::collector
