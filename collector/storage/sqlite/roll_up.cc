#include "collector/storage/sqlite/roll_up.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "collector/storage/block/column_block.h"
#include "collector/storage/sqlite/rolled.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

absl::Status RollUpColumns(const ColumnBlock& block, const wire::DescriptorTable& table, EpochRoller& roller) {
  std::vector<ColumnBlock::Point> points;
  for (const std::uint32_t series : block.SeriesIds()) {
    if (table.Series(series) == nullptr) continue;
    if (absl::Status status = block.ReadSeries(series, points); !status.ok()) return status;
    for (const ColumnBlock::Point& point : points) {
      roller.Add(block.batches()[point.batch].time_ms, series, point.value);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<wire::DescriptorTable> DescriptorTableOf(Connection& connection, std::int64_t machine,
                                                        std::uint64_t epoch) {
  const auto descriptors = DescriptorsOf(connection, machine, epoch);
  if (!descriptors.ok()) return descriptors.status();
  wire::DescriptorTable table;
  if (absl::Status status = table.Add(*descriptors); !status.ok()) return status;
  return table;
}

bool RollUpBatches(absl::Span<const StoredBatch> batches, const wire::DescriptorTable& table, EpochRoller& roller) {
  std::optional<wire::SegmentDecoder> decoder;
  wire::DecodedBatch decoded;
  std::uint64_t next = 0;
  std::size_t count = 0;
  for (const StoredBatch& batch : batches) {
    if (batch.sequence == batch.segment_first) {
      decoder.emplace(table);
    } else if (batch.sequence != next) {
      decoder.reset();
    }
    next = batch.sequence + 1;
    if (!decoder.has_value()) continue;
    if (decoder->Decode(batch.samples, decoded).ok()) {
      roller.Add(batch.time_ms, decoded);
      ++count;
    } else {
      decoder.reset();
    }
  }
  return count == batches.size();
}

absl::StatusOr<bool> RollUpBlock(Connection& connection, std::int64_t block, const Tier& tier) {
  Query query(connection, "SELECT machine, epoch, coding, content FROM block WHERE key = ?1", block);
  if (!query.Next()) return absl::NotFoundError(absl::StrCat("no block ", block));
  const std::int64_t machine = query.Integer(0);
  const auto table = DescriptorTableOf(connection, machine, query.Unsigned(1));
  if (!table.ok()) return table.status();
  EpochRoller roller(*table, tier);
  bool all = false;
  if (query.Integer(2) == kBlockCodingColumns) {
    const auto columns = ColumnBlock::Open(query.View(3));
    if (!columns.ok()) return columns.status();
    if (absl::Status status = RollUpColumns(*columns, *table, roller); !status.ok()) return status;
    all = std::all_of(columns->batches().begin(), columns->batches().end(),
                      [](const BlockBatch& batch) { return batch.decoded; });
  } else {
    const auto unpacked = UnpackBlock(query.Integer(2), query.View(3));
    if (!unpacked.ok()) return unpacked.status();
    all = RollUpBatches(unpacked->batches, *table, roller);
  }
  RolledSet set;
  roller.MoveTo(set);
  AddPieces(connection, machine, tier, set);
  return all;
}

absl::Status RollUpRun(Connection& connection, const Run& run) {
  BatchBytes bytes;
  std::vector<StoredBatch> batches;
  if (absl::Status status = ReadRun(connection, run, bytes, batches); !status.ok()) return status;
  std::reverse(batches.begin(), batches.end());
  const auto table = DescriptorTableOf(connection, run.machine, run.epoch);
  if (!table.ok()) return table.status();
  for (const Tier& tier : {kFiveMinutes, kHours}) {
    EpochRoller roller(*table, tier);
    RollUpBatches(batches, *table, roller);
    RolledSet set;
    roller.MoveTo(set);
    AddPieces(connection, run.machine, tier, set);
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
