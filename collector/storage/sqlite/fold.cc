#include "collector/storage/sqlite/fold.h"

#include <algorithm>
#include <map>
#include <vector>

#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

constexpr std::size_t kBlockPayloadBytesMax = 4 << 20;  // more becomes several blocks: reading one stays cheap
constexpr std::int64_t kTrimRowsPerCall = 4'000;
constexpr std::int64_t kHeldRowsMax = 10'000;  // dead rows beyond the live ones that a silent machine may hold back

// Of the block that was inserted last.
void InsertPositions(Connection& connection, std::int64_t machine, absl::Span<const StoredBatch> batches) {
  const auto [first, last] =
      std::minmax_element(batches.begin(), batches.end(),
                          [](const StoredBatch& a, const StoredBatch& b) { return a.position < b.position; });
  const std::string positions = PackPositions(batches);
  Query(connection,
        "INSERT INTO block_position (block, machine, batch_first, batch_last, positions) "
        "VALUES (last_insert_rowid(), ?1, ?2, ?3, ?4)",
        machine, first->position, last->position, Bytes(positions))
      .Run();
}

void InsertBlock(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                 absl::Span<const StoredBatch> batches) {
  const auto [oldest, newest] = std::minmax_element(
      batches.begin(), batches.end(), [](const StoredBatch& a, const StoredBatch& b) { return a.time_ms < b.time_ms; });
  std::uint64_t samples = 0;
  for (const StoredBatch& batch : batches) samples += batch.sample_count;
  const std::string content = PackBlock(batches);
  Query(connection,
        "INSERT INTO block (machine, epoch, sequence_first, sequence_last, time_min_ms, time_max_ms, batch_count, "
        "sample_count, coding, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        machine, epoch, batches.front().sequence, batches.back().sequence, oldest->time_ms, newest->time_ms,
        static_cast<std::uint64_t>(batches.size()), samples, kBlockCodingBatches, Bytes(content))
      .Run();
  InsertPositions(connection, machine, batches);
}

void InsertBlocks(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                  const std::vector<StoredBatch>& batches) {
  for (std::size_t begin = 0; begin < batches.size();) {
    std::size_t end = begin;
    for (std::size_t bytes = 0; end < batches.size() && (end == begin || bytes < kBlockPayloadBytesMax); ++end) {
      bytes += batches[end].samples.size() + batches[end].events.size();
    }
    InsertBlock(connection, machine, epoch, absl::MakeConstSpan(batches).subspan(begin, end - begin));
    begin = end;
  }
}

// Replaces the epoch's rows in `committed` by what they and the runs say together.
void WriteCommitted(Connection& connection, std::int64_t machine, std::uint64_t epoch, const std::vector<Run>& runs) {
  IntervalSet set;
  {
    Query query(connection,
                "SELECT sequence_first, sequence_last FROM committed WHERE machine = ?1 AND epoch = ?2 "
                "ORDER BY sequence_first",
                machine, epoch);
    while (query.Next()) set.push_back({query.Unsigned(0), query.Unsigned(1)});
  }
  const IntervalSet before = set;
  for (const Run& run : runs) Insert(set, run.sequence_first, run.sequence_last);
  for (const SequenceInterval& interval : before) {
    if (std::find(set.begin(), set.end(), interval) != set.end()) continue;
    Query(connection, "DELETE FROM committed WHERE machine = ?1 AND epoch = ?2 AND sequence_first = ?3", machine, epoch,
          interval.first)
        .Run();
  }
  for (const SequenceInterval& interval : set) {
    if (std::find(before.begin(), before.end(), interval) != before.end()) continue;
    Query(connection, "INSERT INTO committed (machine, epoch, sequence_first, sequence_last) VALUES (?1, ?2, ?3, ?4)",
          machine, epoch, interval.first, interval.last)
        .Run();
  }
}

absl::Status FoldEpoch(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                       const std::vector<Run>& runs) {
  BatchBytes bytes;
  std::vector<StoredBatch> batches;
  std::int64_t newest_ms = runs.front().time_max_ms;
  for (const Run& run : runs) {
    if (auto status = ReadRun(connection, run, bytes, batches); !status.ok()) return status;
    newest_ms = std::max(newest_ms, run.time_max_ms);
  }
  std::sort(batches.begin(), batches.end(),
            [](const StoredBatch& a, const StoredBatch& b) { return a.sequence < b.sequence; });
  InsertBlocks(connection, machine, epoch, batches);
  WriteCommitted(connection, machine, epoch, runs);
  for (const Run& run : runs) Query(connection, "DELETE FROM run WHERE key = ?1", run.key).Run();
  Query(connection, "UPDATE machine SET last_seen_ms = ?2 WHERE key = ?1 AND last_seen_ms < ?2", machine, newest_ms)
      .Run();
  return absl::OkStatus();
}

}  // namespace

absl::Status FoldHour(Connection& connection, const MachineHour& hour) {
  std::map<std::uint64_t, std::vector<Run>> runs;
  for (const Run& run : RunsOfMachine(connection, hour.machine)) {
    if (HourOf(run.time_min_ms) == hour.hour) runs[run.epoch].push_back(run);
  }
  for (const auto& [epoch, of_epoch] : runs) {
    if (auto status = FoldEpoch(connection, hour.machine, epoch, of_epoch); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void DropRun(Connection& connection, const Run& run) {
  WriteCommitted(connection, run.machine, run.epoch, {run});
  Query(connection, "DELETE FROM run WHERE key = ?1", run.key).Run();
  Query(connection, "UPDATE machine SET last_seen_ms = ?2 WHERE key = ?1 AND last_seen_ms < ?2", run.machine,
        run.time_max_ms)
      .Run();
}

void TrimLog(Connection& connection, std::int64_t next_batch_id) {
  const std::int64_t first = connection.Integer("SELECT IFNULL(MIN(id), 0) FROM batch");
  if (first == 0) return;
  // The newest row stays, so that ids go on from it after a restart.
  std::int64_t end = next_batch_id - 1;
  {
    Query query(connection, "SELECT MIN(batch_first) FROM run");
    if (query.Next() && !query.IsNull(0)) end = std::min(end, query.Integer(0));
  }
  end = std::min(end, first + kTrimRowsPerCall);
  if (end > first) Query(connection, "DELETE FROM batch WHERE id < ?1", end).Run();
}

std::optional<MachineHour> FindHoldingRun(Connection& connection, std::int64_t next_batch_id) {
  Query query(connection, "SELECT machine, time_min_ms, batch_first FROM run ORDER BY batch_first LIMIT 1");
  if (!query.Next()) return std::nullopt;
  const std::int64_t span = next_batch_id - query.Integer(2);
  if (span <= kHeldRowsMax) return std::nullopt;
  const std::int64_t live = connection.Integer("SELECT SUM(sequence_last - sequence_first + 1) FROM run");
  if (span <= 2 * live + kHeldRowsMax) return std::nullopt;
  return MachineHour{query.Integer(0), HourOf(query.Integer(1))};
}

}  // namespace steward::collector
