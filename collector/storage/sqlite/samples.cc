#include "collector/storage/sqlite/samples.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "collector/storage/series_assembler.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

// Where batches of one epoch are: a run in the log or a block.
struct Part {
  bool is_run = false;
  std::int64_t key = 0;
  std::uint64_t sequence_first = 0;
  Run run;
};

using PartsByEpoch = std::map<std::uint64_t, std::vector<Part>>;

bool Has(const std::vector<Part>& parts, bool is_run, std::int64_t key) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const Part& part) { return part.is_run == is_run && part.key == key; });
}

PartsByEpoch PartsInRange(Connection& connection, std::int64_t machine, const TimeRange& range) {
  PartsByEpoch parts;
  {
    Query query(connection,
                "SELECT key, epoch, sequence_first FROM block WHERE machine = ?1 AND time_max_ms >= ?2 "
                "AND time_min_ms < ?3 ORDER BY time_max_ms",
                machine, range.from, range.to);
    while (query.Next()) parts[query.Unsigned(1)].push_back({false, query.Integer(0), query.Unsigned(2), {}});
  }
  for (const Run& run : RunsOfMachine(connection, machine)) {
    if (run.time_max_ms < range.from || run.time_min_ms >= range.to) continue;
    parts[run.epoch].push_back({true, run.key, run.sequence_first, run});
  }
  return parts;
}

// The parts that hold any of these sequences and are not in `parts` yet: the start of a segment may lie in another one.
std::vector<Part> PartsWith(Connection& connection, std::int64_t machine, std::uint64_t epoch, std::uint64_t first,
                            std::uint64_t last, const std::vector<Part>& parts) {
  std::vector<Part> found;
  {
    Query query(connection,
                "SELECT key, sequence_first FROM block WHERE machine = ?1 AND epoch = ?2 AND sequence_first <= ?4 "
                "AND sequence_last >= ?3 ORDER BY sequence_first",
                machine, epoch, first, last);
    while (query.Next()) {
      if (!Has(parts, false, query.Integer(0))) found.push_back({false, query.Integer(0), query.Unsigned(1), {}});
    }
  }
  for (const Run& run : RunsOf(connection, machine, epoch)) {
    if (run.sequence_first <= last && run.sequence_last >= first && !Has(parts, true, run.key)) {
      found.push_back({true, run.key, run.sequence_first, run});
    }
  }
  return found;
}

// Adds what the block has in columns. False: some of its batches are kept as payloads, so it has to be read as such.
absl::StatusOr<bool> AddColumns(Connection& connection, std::int64_t key, SeriesAssembler& assembler) {
  Query query(connection, "SELECT content FROM block WHERE key = ?1 AND coding = ?2", key, kBlockCodingColumns);
  if (!query.Next()) return false;
  const auto block = ColumnBlock::Open(query.View(0));
  if (!block.ok()) return block.status();
  const auto decoded = [](const BlockBatch& batch) { return batch.decoded; };
  if (!std::all_of(block->batches().begin(), block->batches().end(), decoded)) return false;
  if (absl::Status status = assembler.AddColumns(*block); !status.ok()) return status;
  return true;
}

// Adds the parts' samples. Runs, and blocks that hold payloads, need the beginnings of their segments, wherever they
// are.
absl::Status AddParts(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                      const std::vector<Part>& within, SeriesAssembler& assembler) {
  std::vector<Part> parts;          // to be read as payloads
  std::vector<std::int64_t> added;  // blocks that have given their columns
  for (const Part& part : within) {
    const auto columns = part.is_run ? false : AddColumns(connection, part.key, assembler);
    if (!columns.ok()) return columns.status();
    if (*columns) {
      added.push_back(part.key);
    } else {
      parts.push_back(part);
    }
  }
  BatchBytes bytes;
  std::vector<StoredBatch> batches;
  std::vector<SegmentRow> rows;
  for (std::size_t next = 0; next < parts.size(); ++next) {
    const Part part = parts[next];
    const std::size_t begin = batches.size();
    const absl::Status status =
        part.is_run ? ReadRun(connection, part.run, bytes, batches) : ReadBlock(connection, part.key, bytes, batches);
    if (!status.ok()) return status;
    const bool only_decode = !part.is_run && std::find(added.begin(), added.end(), part.key) != added.end();
    std::uint64_t segment_first = part.sequence_first;
    for (std::size_t i = begin; i < batches.size(); ++i) {
      const StoredBatch& batch = batches[i];
      segment_first = std::min(segment_first, batch.segment_first);
      rows.push_back({batch.segment_first, batch.sequence, batch.time_ms, batch.samples, only_decode});
    }
    if (segment_first == part.sequence_first) continue;
    const auto more = PartsWith(connection, machine, epoch, segment_first, part.sequence_first - 1, parts);
    parts.insert(parts.end(), more.begin(), more.end());
  }
  return assembler.AddRows(std::move(rows));
}

}  // namespace

absl::StatusOr<std::vector<SequenceInterval>> CommittedIntervals(Connection& connection, std::string_view machine_id,
                                                                 std::uint64_t epoch) {
  const auto machine = FindMachineKey(connection, machine_id);
  return machine.has_value() ? CommittedOf(connection, *machine, epoch) : IntervalSet();
}

absl::StatusOr<v1::DescriptorSet> Descriptors(Connection& connection, std::string_view machine_id,
                                              std::uint64_t epoch) {
  // An unknown machine has no rows, whatever key stands for it.
  return DescriptorsOf(connection, FindMachineKey(connection, machine_id).value_or(0), epoch);
}

absl::StatusOr<std::vector<SampleSeries>> QuerySamples(Connection& connection, const SampleQuery& query) {
  auto assembler = SeriesAssembler::Create(query);
  if (!assembler.ok()) return assembler.status();
  const auto machine = MachineKey(connection, query.machine_id);
  if (!machine.ok()) return machine.status();
  for (auto& [epoch, parts] : PartsInRange(connection, *machine, assembler->range())) {
    const auto descriptors = DescriptorsOf(connection, *machine, epoch);
    if (!descriptors.ok()) return descriptors.status();
    wire::DescriptorTable table;
    if (absl::Status status = table.Add(*descriptors); !status.ok()) return status;
    if (!assembler->StartEpoch(table)) continue;
    const absl::Status status = AddParts(connection, *machine, epoch, parts, *assembler);
    if (!status.ok()) return status;
  }
  return assembler->Finish();
}

}  // namespace steward::collector
