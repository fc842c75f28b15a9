#include "collector/storage/sqlite/stored_batches.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "collector/storage/block/column_block.h"
#include "collector/storage/block/compression.h"
#include "collector/storage/descriptor_merge.h"

namespace steward::collector {
namespace {

#define STEWARD_SELECT_RUN                                                                              \
  "SELECT key, machine, epoch, segment_first, sequence_first, sequence_last, batch_first, batch_last, " \
  "time_min_ms, time_max_ms FROM run "

std::vector<Run> ReadRuns(Query& query) {
  std::vector<Run> runs;
  while (query.Next()) {
    runs.push_back({query.Integer(0), query.Integer(1), query.Unsigned(2), query.Unsigned(3), query.Unsigned(4),
                    query.Unsigned(5), query.Integer(6), query.Integer(7), query.Integer(8), query.Integer(9)});
  }
  return runs;
}

absl::Status Missing(const Connection& connection, const Run& run, std::uint64_t sequence) {
  return absl::DataLossError(absl::StrCat(connection.path().string(), ": batch ", sequence, " of epoch ", run.epoch,
                                          " is not where it was written; restore the newest backup"));
}

absl::StatusOr<std::optional<std::uint32_t>> ChecksumInColumns(std::string_view content, std::uint64_t sequence) {
  const auto block = ColumnBlock::Open(content);
  if (!block.ok()) return block.status();
  for (const BlockBatch& batch : block->batches()) {
    if (batch.sequence == sequence) return batch.checksum;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<std::uint32_t>> ChecksumInPayloads(std::string_view content, std::uint64_t sequence) {
  const auto unpacked = UnpackBlock(kBlockCodingPayloads, content);
  if (!unpacked.ok()) return unpacked.status();
  for (const StoredBatch& batch : unpacked->batches) {
    if (batch.sequence == sequence) return ChecksumOf(batch);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Run> RunsOf(Connection& connection, std::int64_t machine, std::uint64_t epoch) {
  Query query(connection, STEWARD_SELECT_RUN "WHERE machine = ?1 AND epoch = ?2 ORDER BY sequence_first", machine,
              epoch);
  return ReadRuns(query);
}

std::vector<Run> RunsOfMachine(Connection& connection, std::int64_t machine) {
  Query query(connection, STEWARD_SELECT_RUN "WHERE machine = ?1 ORDER BY epoch, sequence_first", machine);
  return ReadRuns(query);
}

IntervalSet CommittedOf(Connection& connection, std::int64_t machine, std::uint64_t epoch) {
  IntervalSet set;
  {
    Query query(connection,
                "SELECT sequence_first, sequence_last FROM committed WHERE machine = ?1 AND epoch = ?2 "
                "ORDER BY sequence_first",
                machine, epoch);
    while (query.Next()) set.push_back({query.Unsigned(0), query.Unsigned(1)});
  }
  for (const Run& run : RunsOf(connection, machine, epoch)) Insert(set, run.sequence_first, run.sequence_last);
  return set;
}

absl::Status ReadRun(Connection& connection, const Run& run, BatchBytes& bytes, std::vector<StoredBatch>& batches) {
  std::int64_t id = run.batch_last;
  for (std::uint64_t left = run.sequence_last - run.sequence_first + 1; left > 0; --left) {
    Query query(connection,
                "SELECT previous, run, sequence, time_ms, sample_count, samples, events FROM batch WHERE id = ?1", id);
    const std::uint64_t sequence = run.sequence_first + left - 1;
    if (!query.Next() || query.Integer(1) != run.key || query.Unsigned(2) != sequence) {
      return Missing(connection, run, sequence);
    }
    const std::string& samples = bytes.rows.emplace_back(query.View(5));
    const std::string& events = query.IsNull(6) ? samples : bytes.rows.emplace_back(query.View(6));
    batches.push_back({run.segment_first, sequence, query.Integer(3), query.Unsigned(4), samples,
                       query.IsNull(6) ? std::string_view() : std::string_view(events), id, std::nullopt});
    id = query.Integer(0);
  }
  return absl::OkStatus();
}

absl::Status ReadBlock(Connection& connection, std::int64_t block, BatchBytes& bytes,
                       std::vector<StoredBatch>& batches) {
  Query query(
      connection,
      "SELECT coding, content, batch_first, positions, rolled_up FROM block JOIN block_position ON block = key "
      "WHERE key = ?1",
      block);
  if (!query.Next()) return absl::NotFoundError(absl::StrCat("no block ", block));
  auto unpacked = UnpackBlock(query.Integer(0), query.View(1));
  if (!unpacked.ok()) return unpacked.status();
  if (query.IsNull(3)) {
    std::int64_t position = query.Integer(2);
    for (StoredBatch& batch : unpacked->batches) batch.position = position++;
  } else if (auto status = UnpackPositions(query.View(3), absl::MakeSpan(unpacked->batches)); !status.ok()) {
    return status;
  }
  for (StoredBatch& batch : unpacked->batches) batch.rolled_up = batch.rolled_up && query.Integer(4) != 0;
  batches.insert(batches.end(), unpacked->batches.begin(), unpacked->batches.end());
  bytes.blocks.push_back(std::move(unpacked->bytes));
  bytes.payloads.push_back(std::move(unpacked->payloads));
  return absl::OkStatus();
}

std::uint32_t ChecksumOf(const StoredBatch& batch) {
  return batch.checksum.has_value() ? *batch.checksum : BatchChecksum(batch.samples, batch.events);
}

absl::StatusOr<std::optional<std::uint32_t>> ChecksumOfStored(Connection& connection, std::int64_t machine,
                                                              std::uint64_t epoch, std::uint64_t sequence) {
  for (const Run& run : RunsOf(connection, machine, epoch)) {
    if (sequence < run.sequence_first || sequence > run.sequence_last) continue;
    BatchBytes bytes;
    std::vector<StoredBatch> batches;
    if (auto status = ReadRun(connection, run, bytes, batches); !status.ok()) return status;
    return ChecksumOf(batches[run.sequence_last - sequence]);
  }
  Query query(connection,
              "SELECT coding, content FROM block WHERE machine = ?1 AND epoch = ?2 AND sequence_first <= ?3 "
              "AND sequence_last >= ?3 ORDER BY sequence_first DESC",
              machine, epoch, sequence);
  while (query.Next()) {
    const auto found = query.Integer(0) == kBlockCodingColumns ? ChecksumInColumns(query.View(1), sequence)
                                                               : ChecksumInPayloads(query.View(1), sequence);
    if (!found.ok() || found->has_value()) return found;
  }
  return std::nullopt;
}

absl::StatusOr<v1::DescriptorSet> DescriptorsOf(Connection& connection, std::int64_t machine, std::uint64_t epoch) {
  Query query(connection, "SELECT content FROM descriptor_set WHERE machine = ?1 AND epoch = ?2 ORDER BY number",
              machine, epoch);
  v1::DescriptorSet all;
  while (query.Next()) {
    const auto bytes = Decompressed(query.View(0));
    if (!bytes.ok()) return bytes.status();
    if (!all.MergeFromString(*bytes)) {
      return absl::DataLossError(absl::StrCat(connection.path().string(), ": the descriptors of epoch ", epoch,
                                              " are damaged; restore the newest backup"));
    }
  }
  all.set_epoch(epoch);
  return all;
}

absl::Status AddDescriptors(Connection& connection, std::int64_t machine, const v1::DescriptorSet& set) {
  const auto stored = DescriptorsOf(connection, machine, set.epoch());
  if (!stored.ok()) return stored.status();
  const auto added = NewDescriptors(*stored, set);
  if (!added.ok()) return added.status();
  if (added->groups_size() == 0 && added->series_size() == 0) return absl::OkStatus();
  const std::string content = Compressed(added->SerializeAsString());
  Query(connection,
        "INSERT INTO descriptor_set (machine, epoch, number, content) SELECT ?1, ?2, COUNT(*) + 1, ?3 "
        "FROM descriptor_set WHERE machine = ?1 AND epoch = ?2",
        machine, set.epoch(), Bytes(content))
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
