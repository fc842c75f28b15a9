#include "collector/storage/sqlite/expire.h"

#include <set>
#include <utility>
#include <vector>

#include "base/text.h"
#include "collector/storage/sqlite/fold.h"
#include "collector/storage/sqlite/roll_up.h"
#include "collector/storage/sqlite/rolled.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "collector/storage/stored_time.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

// What others may have to wait for: some 10 ms each.
constexpr std::int64_t kRunsPerCall = 16;
constexpr std::int64_t kBlocksPerCall = 4;
constexpr std::int64_t kSamplesPerCall = 50'000;  // of blocks; a larger one comes alone
constexpr std::int64_t kEpochsPerCall = 200;
constexpr std::int64_t kFreePagesKept = 2'048;  // 16 MiB stay in the file for what comes next
constexpr std::int64_t kPagesPerCall = 250;
constexpr char kVacuum[] = "PRAGMA incremental_vacuum(250)";

struct EpochKey {
  std::int64_t machine = 0;
  std::uint64_t epoch = 0;
};

std::vector<Run> OldRuns(Connection& connection, std::int64_t before_ms) {
  std::vector<Run> runs;
  Query query(connection,
              "SELECT key, machine, epoch, segment_first, sequence_first, sequence_last, batch_first, batch_last, "
              "time_min_ms, time_max_ms FROM run WHERE time_max_ms < ?1 ORDER BY key LIMIT ?2",
              before_ms, kRunsPerCall);
  while (query.Next()) {
    runs.push_back({query.Integer(0), query.Integer(1), query.Unsigned(2), query.Unsigned(3), query.Unsigned(4),
                    query.Unsigned(5), query.Integer(6), query.Integer(7), query.Integer(8), query.Integer(9)});
  }
  return runs;
}

// Each of the following does a bounded amount and says whether it found anything to do.

// Runs that hold nothing younger, of machines that fell silent, go with their committed sequences noted; TrimLog takes
// the rows. Those that belong together with others become blocks first.
bool ExpireRuns(Connection& connection, std::int64_t before_ms) {
  const std::vector<Run> runs = OldRuns(connection, before_ms);
  std::set<std::pair<std::int64_t, std::int64_t>> folded;  // machines and hours: all their runs are blocks now
  for (const Run& run : runs) {
    absl::Status status = absl::OkStatus();
    const MachineHour hour{run.machine, HourOf(run.time_min_ms)};
    if (folded.contains({hour.machine, hour.hour})) continue;
    if (StandsAlone(connection, run)) {
      status = RollUpRun(connection, run);
      DropRun(connection, run);
    } else {
      status = FoldHour(connection, hour);
      if (status.ok()) {
        folded.emplace(hour.machine, hour.hour);
      } else {
        DropRun(connection, run);
      }
    }
    if (!status.ok()) spdlog::error("samples past their time were not rolled up: {}", ToStd(status.message()));
  }
  return !runs.empty();
}

// A block that cannot be read has nothing that could be counted.
RolledUp RollUp(Connection& connection, std::int64_t block, const Tier& tier) {
  const absl::StatusOr<bool> all = RollUpBlock(connection, block, tier);
  if (!all.ok()) spdlog::error("block {} cannot be rolled up: {}", block, ToStd(all.status().message()));
  return !all.ok() || *all ? RolledUp::kAll : RolledUp::kDecoded;
}

// As many of the blocks that `query` gives, with their samples, as a call may take.
std::vector<std::int64_t> TakeSome(Query query) {
  std::vector<std::int64_t> blocks;
  for (std::int64_t samples = 0; samples < kSamplesPerCall && query.Next(); samples += query.Integer(1)) {
    blocks.push_back(query.Integer(0));
  }
  return blocks;
}

// Blocks of older schemas, the oldest first.
bool RollUpOlderSchemas(Connection& connection) {
  const std::vector<std::int64_t> blocks = TakeSome(
      Query(connection,
            "SELECT block, sample_count FROM block_position JOIN block ON key = block WHERE rolled_up <> 1 AND "
            "rolled_up = 0 LIMIT ?1",
            kBlocksPerCall));
  for (const std::int64_t block : blocks) {
    const auto rolled_up = static_cast<std::int64_t>(RollUp(connection, block, kHours));
    Query(connection, "UPDATE block_position SET rolled_up = ?2 WHERE block = ?1", block, rolled_up).Run();
  }
  return !blocks.empty();
}

// The hours know them already; now the five minutes take their place.
bool ExpireBlocks(Connection& connection, std::int64_t before_ms) {
  const std::vector<std::int64_t> blocks = TakeSome(
      Query(connection,
            "SELECT key, sample_count FROM block JOIN block_position ON block = key WHERE time_max_ms < ?1 AND "
            "rolled_up <> 0 ORDER BY time_max_ms LIMIT ?2",
            before_ms, kBlocksPerCall));
  for (const std::int64_t block : blocks) {
    RollUp(connection, block, kFiveMinutes);
    Query(connection, "DELETE FROM block WHERE key = ?1", block).Run();
  }
  return !blocks.empty();
}

bool ExpireTiers(Connection& connection, const ExpireBefore& before) {
  const std::int64_t five_minutes_ms = ToStoredMs(before.five_minutes);
  if (before.five_minutes != absl::InfinitePast()) {
    const std::int64_t day_ms = kFiveMinutes.period_ms();
    SetFiveMinutesFromMs(connection, FloorDivide(five_minutes_ms, day_ms) * day_ms);
  }
  return ExpireTier(connection, kFiveMinutes, five_minutes_ms) ||
         ExpireTier(connection, kHours, ToStoredMs(before.hours));
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

bool ExpireEpochs(Connection& connection) {
  const std::vector<EpochKey> epochs = EmptyEpochs(connection);
  for (const EpochKey& key : epochs) {
    Query(connection, "DELETE FROM committed WHERE machine = ?1 AND epoch = ?2", key.machine, key.epoch).Run();
    Query(connection, "DELETE FROM descriptor_set WHERE machine = ?1 AND epoch = ?2", key.machine, key.epoch).Run();
  }
  return !epochs.empty();
}

bool GiveBackPages(Connection& connection) {
  if (connection.Integer("PRAGMA freelist_count") < kFreePagesKept + kPagesPerCall) return false;
  connection.Execute(kVacuum);
  return true;
}

}  // namespace

bool ExpireSamples(Connection& connection, const ExpireBefore& before) {
  const std::int64_t raw_ms = ToStoredMs(before.raw);
  return ExpireRuns(connection, raw_ms) || RollUpOlderSchemas(connection) || ExpireBlocks(connection, raw_ms) ||
         ExpireTiers(connection, before) || CompactOne(connection) || ExpireEpochs(connection) ||
         GiveBackPages(connection);
}

}  // namespace steward::collector
