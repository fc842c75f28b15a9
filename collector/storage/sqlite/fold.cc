#include "collector/storage/sqlite/fold.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/storage/block/column_block.h"
#include "collector/storage/sqlite/roll_up.h"
#include "collector/storage/sqlite/rolled.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

constexpr std::size_t kBlockPayloadBytesMax = 4 << 20;  // more becomes several blocks: reading one stays cheap
constexpr std::uint64_t kBlockValues = 1 << 20;
constexpr std::int64_t kMergedBatchesMax = 4'000;  // of blocks that are written anew for a late batch
constexpr std::int64_t kTrimRowsPerCall = 4'000;
constexpr std::int64_t kHeldRowsMax = 10'000;  // dead rows beyond the live ones that a silent machine may hold back

// Of the block that was inserted last.
void InsertPositions(Connection& connection, std::int64_t machine, absl::Span<const StoredBatch> batches,
                     RolledUp rolled_up) {
  const auto [first, last] =
      std::minmax_element(batches.begin(), batches.end(),
                          [](const StoredBatch& a, const StoredBatch& b) { return a.position < b.position; });
  const std::string positions = PackPositions(batches);
  Query(connection,
        "INSERT INTO block_position (block, machine, batch_first, batch_last, positions, rolled_up) "
        "VALUES (last_insert_rowid(), ?1, ?2, ?3, ?4, ?5)",
        machine, first->position, last->position, Bytes(positions), static_cast<std::int64_t>(rolled_up))
      .Run();
}

void InsertBlock(Connection& connection, std::int64_t machine, std::uint64_t epoch, const std::string& content,
                 absl::Span<const StoredBatch> batches, RolledUp rolled_up) {
  const auto [oldest, newest] = std::minmax_element(
      batches.begin(), batches.end(), [](const StoredBatch& a, const StoredBatch& b) { return a.time_ms < b.time_ms; });
  std::uint64_t samples = 0;
  for (const StoredBatch& batch : batches) samples += batch.sample_count;
  Query(connection,
        "INSERT INTO block (machine, epoch, sequence_first, sequence_last, time_min_ms, time_max_ms, batch_count, "
        "sample_count, coding, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        machine, epoch, batches.front().sequence, batches.back().sequence, oldest->time_ms, newest->time_ms,
        static_cast<std::uint64_t>(batches.size()), samples, kBlockCodingColumns, Bytes(content))
      .Run();
  InsertPositions(connection, machine, batches, rolled_up);
}

// Packs batches, which ascend by sequence, into blocks that end with a segment; rolls up those that are decoded now.
class BlockWriter {
 public:
  BlockWriter(Connection& connection, std::int64_t machine, std::uint64_t epoch, const wire::DescriptorTable& table,
              EpochRoller& roller)
      : connection_(connection), machine_(machine), epoch_(epoch), table_(table), roller_(roller) {}

  void Write(absl::Span<const StoredBatch> batches) {
    ColumnBlockBuilder builder(table_);
    std::size_t begin = 0;
    std::size_t bytes = 0;
    for (std::size_t next = 0; next < batches.size();) {
      const absl::Span<const StoredBatch> segment = SegmentAt(batches, next);
      AddSegment(segment, builder);
      for (const StoredBatch& batch : segment) bytes += batch.samples.size() + batch.events.size();
      next += segment.size();
      if (next < batches.size() && bytes < kBlockPayloadBytesMax && builder.values() < kBlockValues) continue;
      InsertBlock(connection_, machine_, epoch_, builder.Finish(), batches.subspan(begin, next - begin),
                  std::exchange(rolled_up_, RolledUp::kAll));
      builder = ColumnBlockBuilder(table_);
      begin = next;
      bytes = 0;
    }
  }

 private:
  static absl::Span<const StoredBatch> SegmentAt(absl::Span<const StoredBatch> batches, std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < batches.size() && batches[end].segment_first == batches[begin].segment_first) ++end;
    return batches.subspan(begin, end - begin);
  }

  // What lies behind a hole, does not decode, or is too much for one block, stays as it came.
  void AddSegment(absl::Span<const StoredBatch> segment, ColumnBlockBuilder& builder) {
    wire::SegmentDecoder decoder(table_);
    wire::DecodedBatch decoded;
    bool readable = true;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const StoredBatch& batch = segment[i];
      readable = readable && batch.sequence == batch.segment_first + i && decoder.Decode(batch.samples, decoded).ok() &&
                 builder.values() + decoded.sample_count() <= kBlockValuesMax;
      if (!readable) rolled_up_ = RolledUp::kDecoded;
      if (readable && !batch.rolled_up) roller_.Add(batch.time_ms, decoded);
      builder.Add({batch.segment_first, batch.sequence, batch.time_ms, batch.sample_count, ChecksumOf(batch),
                   batch.events, false, batch.samples},
                  readable ? &decoded : nullptr);
    }
  }

  Connection& connection_;
  const std::int64_t machine_;
  const std::uint64_t epoch_;
  const wire::DescriptorTable& table_;
  EpochRoller& roller_;
  RolledUp rolled_up_ = RolledUp::kAll;  // of the block that is being made
};

// The block behind the run, if it begins with what the run's segment goes on with: it waits for the run to be decoded.
std::optional<std::int64_t> WaitingBlock(Connection& connection, const Run& run) {
  Query query(connection, "SELECT key, coding, content FROM block WHERE machine = ?1 AND epoch = ?2 AND sequence_first = ?3",
              run.machine, run.epoch, run.sequence_last + 1);
  if (!query.Next() || query.Integer(1) != kBlockCodingColumns) return std::nullopt;
  const auto block = ColumnBlock::Open(query.View(2));
  if (!block.ok() || block->batches().front().segment_first != run.segment_first) return std::nullopt;
  return query.Integer(0);
}

// Blocks that the batches of these runs belong into: they hold neighbours of theirs, or what their segments begin with
// or go on with.
std::vector<std::int64_t> BlocksAround(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                                       const std::vector<Run>& runs) {
  std::set<std::int64_t> needed;  // without which a run cannot be decoded
  std::set<std::int64_t> blocks;
  std::int64_t batches = 0;
  for (const Run& run : runs) {
    Query query(connection,
                "SELECT key, batch_count, sequence_first FROM block WHERE machine = ?1 AND epoch = ?2 AND "
                "sequence_first <= ?4 AND sequence_last >= ?3",
                machine, epoch, run.segment_first, run.sequence_last);
    while (query.Next()) {
      if (blocks.insert(query.Integer(0)).second) batches += query.Integer(1);
      if (run.segment_first < run.sequence_first && query.Unsigned(2) < run.sequence_first) needed.insert(query.Integer(0));
    }
    if (const auto waiting = WaitingBlock(connection, run)) {
      needed.insert(*waiting);
      blocks.insert(*waiting);
    }
  }
  if (batches > kMergedBatchesMax) blocks = needed;  // the others stay beside the new ones
  return {blocks.begin(), blocks.end()};
}

// Takes blocks out, their batches into `batches`. One that is damaged stays where it is.
void TakeBlocks(Connection& connection, const std::vector<std::int64_t>& blocks, BatchBytes& bytes,
                std::vector<StoredBatch>& batches) {
  for (const std::int64_t block : blocks) {
    const absl::Status status = ReadBlock(connection, block, bytes, batches);
    if (status.ok()) Query(connection, "DELETE FROM block WHERE key = ?1", block).Run();
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

absl::Status FoldEpoch(Connection& connection, std::int64_t machine, std::uint64_t epoch, const std::vector<Run>& runs,
                       RolledSet& rolled) {
  BatchBytes bytes;
  std::vector<StoredBatch> batches;
  std::int64_t newest_ms = runs.front().time_max_ms;
  for (const Run& run : runs) {
    if (auto status = ReadRun(connection, run, bytes, batches); !status.ok()) return status;
    newest_ms = std::max(newest_ms, run.time_max_ms);
  }
  TakeBlocks(connection, BlocksAround(connection, machine, epoch, runs), bytes, batches);
  std::sort(batches.begin(), batches.end(),
            [](const StoredBatch& a, const StoredBatch& b) { return a.sequence < b.sequence; });
  const auto table = DescriptorTableOf(connection, machine, epoch);
  if (!table.ok()) return table.status();
  EpochRoller roller(*table, kHours);
  BlockWriter(connection, machine, epoch, *table, roller).Write(batches);
  roller.MoveTo(rolled);
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
  RolledSet rolled;
  for (const auto& [epoch, of_epoch] : runs) {
    if (auto status = FoldEpoch(connection, hour.machine, epoch, of_epoch, rolled); !status.ok()) return status;
  }
  AddPieces(connection, hour.machine, kHours, rolled);
  return absl::OkStatus();
}

bool StandsAlone(Connection& connection, const Run& run) {
  return run.sequence_first == run.segment_first && !WaitingBlock(connection, run).has_value();
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
