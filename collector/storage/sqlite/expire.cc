#include "collector/storage/sqlite/fold.h"
#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kBlocksPerCall = 500;      // of some 30 kB each
constexpr std::int64_t kEpochsPerCall = 200;
constexpr std::int64_t kFreePagesKept = 2'048;    // 16 MiB stay in the file for what comes next
constexpr char kVacuum[] = "PRAGMA incremental_vacuum(2000)";

struct EpochKey {
  std::int64_t machine = 0;
  std::uint64_t epoch = 0;
};

// Runs that hold nothing younger go with their committed sequences noted; TrimLog takes the rows.
std::vector<Run> OldRuns(Connection& connection, std::int64_t before_ms) {
  std::vector<Run> runs;
  Query query(connection,
              "SELECT key, machine, epoch, segment_first, sequence_first, sequence_last, batch_first, batch_last, "
              "time_min_ms, time_max_ms FROM run WHERE time_max_ms < ?1 ORDER BY key LIMIT ?2",
              before_ms, kBlocksPerCall);
  while (query.Next()) {
    runs.push_back({query.Integer(0), query.Integer(1), query.Unsigned(2), query.Unsigned(3), query.Unsigned(4),
                    query.Unsigned(5), query.Integer(6), query.Integer(7), query.Integer(8), query.Integer(9)});
  }
  return runs;
}

// Epochs of which no batch is left, of machines that have newer ones. The one a machine wrote last stays: it may go on.
std::vector<EpochKey> EmptyEpochs(Connection& connection) {
  std::vector<EpochKey> epochs;
  Query query(connection,
              "SELECT DISTINCT machine, epoch FROM committed WHERE NOT EXISTS (SELECT 1 FROM block WHERE "
              "block.machine = committed.machine AND block.epoch = committed.epoch) AND NOT EXISTS (SELECT 1 FROM run "
              "WHERE run.machine = committed.machine AND run.epoch = committed.epoch) AND (EXISTS (SELECT 1 FROM block "
              "WHERE block.machine = committed.machine) OR EXISTS (SELECT 1 FROM run WHERE "
              "run.machine = committed.machine)) ORDER BY machine, epoch LIMIT ?1",
              kEpochsPerCall);
  while (query.Next()) epochs.push_back({query.Integer(0), query.Unsigned(1)});
  return epochs;
}

}  // namespace

bool ExpireBatches(Connection& connection, std::int64_t before_ms) {
  const std::vector<Run> runs = OldRuns(connection, before_ms);
  for (const Run& run : runs) DropRun(connection, run);
  const std::int64_t blocks = Query(connection,
                                    "DELETE FROM block WHERE key IN (SELECT key FROM block WHERE time_max_ms < ?1 "
                                    "ORDER BY time_max_ms LIMIT ?2)",
                                    before_ms, kBlocksPerCall)
                                  .Run();
  const std::vector<EpochKey> epochs = EmptyEpochs(connection);
  for (const EpochKey& key : epochs) {
    Query(connection, "DELETE FROM committed WHERE machine = ?1 AND epoch = ?2", key.machine, key.epoch).Run();
    Query(connection, "DELETE FROM descriptor_set WHERE machine = ?1 AND epoch = ?2", key.machine, key.epoch).Run();
  }
  if (connection.Integer("PRAGMA freelist_count") > kFreePagesKept) connection.Execute(kVacuum);
  return static_cast<std::int64_t>(runs.size()) == kBlocksPerCall || blocks == kBlocksPerCall ||
         static_cast<std::int64_t>(epochs.size()) == kEpochsPerCall;
}

}  // namespace steward::collector
