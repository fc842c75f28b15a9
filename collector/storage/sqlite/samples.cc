#include "collector/storage/sqlite/samples.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "collector/storage/series_assembler.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/rolled.h"
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

// What answers for which time. Batches that the hours do not know (the log's, those that wait for what they follow, blocks of older schemas) always answer
// for themselves.
struct Tiers {
  std::int64_t hours_until = 0;  // hours before it; samples, and five minutes of those that expired, from it on
};

using PartsByEpoch = std::map<std::uint64_t, std::vector<Part>>;

bool Has(const std::vector<Part>& parts, bool is_run, std::int64_t key) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const Part& part) { return part.is_run == is_run && part.key == key; });
}

PartsByEpoch PartsInRange(Connection& connection, std::int64_t machine, const TimeRange& range, const Tiers& tiers) {
  PartsByEpoch parts;
  {
    Query query(connection,
                "SELECT key, epoch, sequence_first FROM block WHERE machine = ?1 AND time_max_ms >= ?2 "
                "AND time_min_ms < ?3 ORDER BY time_max_ms",
                machine, std::max(range.from, tiers.hours_until), range.to);
    while (query.Next()) parts[query.Unsigned(1)].push_back({false, query.Integer(0), query.Unsigned(2), {}});
  }
  if (tiers.hours_until > range.from) {
    Query query(connection,
                "SELECT key, epoch, sequence_first FROM block JOIN block_position ON block = key WHERE rolled_up <> 1 AND "
                "block_position.machine = ?1 AND time_max_ms >= ?2 AND time_max_ms < ?3 AND time_min_ms < ?4",
                machine, range.from, tiers.hours_until, range.to);
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
absl::StatusOr<bool> AddColumns(Connection& connection, std::int64_t key, const Tiers& tiers,
                                SeriesAssembler& assembler) {
  Query query(connection,
              "SELECT content, rolled_up FROM block JOIN block_position ON block = key WHERE key = ?1 AND coding = ?2", key,
              kBlockCodingColumns);
  if (!query.Next()) return false;
  const auto block = ColumnBlock::Open(query.View(0));
  if (!block.ok()) return block.status();
  const auto decoded = [](const BlockBatch& batch) { return batch.decoded; };
  if (!std::all_of(block->batches().begin(), block->batches().end(), decoded)) return false;
  TimeRange part = assembler.range();
  if (query.Integer(1) != 0) part.from = std::max(part.from, tiers.hours_until);
  if (absl::Status status = assembler.AddColumns(*block, part); !status.ok()) return status;
  return true;
}

// Adds the parts' samples. Runs, and blocks that hold payloads, need the beginnings of their segments, wherever they
// are.
absl::Status AddParts(Connection& connection, std::int64_t machine, std::uint64_t epoch,
                      const std::vector<Part>& within, const Tiers& tiers, SeriesAssembler& assembler) {
  std::vector<Part> parts;          // to be read as payloads
  std::vector<std::int64_t> added;  // blocks that have given their columns
  for (const Part& part : within) {
    const auto columns = part.is_run ? false : AddColumns(connection, part.key, tiers, assembler);
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
    const bool is_added = !part.is_run && std::find(added.begin(), added.end(), part.key) != added.end();
    std::uint64_t segment_first = part.sequence_first;
    for (std::size_t i = begin; i < batches.size(); ++i) {
      const StoredBatch& batch = batches[i];
      segment_first = std::min(segment_first, batch.segment_first);
      const bool only_decode = is_added || (batch.rolled_up && batch.time_ms < tiers.hours_until);
      rows.push_back({batch.segment_first, batch.sequence, batch.time_ms, batch.samples, only_decode});
    }
    if (segment_first == part.sequence_first) continue;
    const auto more = PartsWith(connection, machine, epoch, segment_first, part.sequence_first - 1, parts);
    parts.insert(parts.end(), more.begin(), more.end());
  }
  return assembler.AddRows(std::move(rows));
}

// Steps and their begin are whole hours.
bool InHours(const SampleQuery& query) {
  const absl::Duration step = query.step == absl::ZeroDuration() ? query.to - query.from : query.step;
  const absl::Duration hour = absl::Milliseconds(kHours.bucket_ms);
  return step % hour == absl::ZeroDuration() && (query.from - absl::UnixEpoch()) % hour == absl::ZeroDuration();
}

std::int64_t LookBack(std::int64_t from_ms, const Tier& tier) {
  const std::int64_t least = std::numeric_limits<std::int64_t>::min() + 3 * tier.bucket_ms;
  return std::max(from_ms, least) - 3 * tier.bucket_ms;
}

Tiers ChooseTiers(Connection& connection, const SampleQuery& query, const TimeRange& range) {
  const std::int64_t oldest = FiveMinutesFromMs(connection);
  if (query.function == SampleFunction::kNone || !InHours(query)) return {oldest};
  return {std::max(oldest, FloorDivide(range.to, kHours.bucket_ms) * kHours.bucket_ms)};
}

absl::Status AddTier(Connection& connection, std::int64_t machine, const Tier& tier, const TimeRange& part,
                     SeriesAssembler& assembler) {
  if (part.from >= part.to) return absl::OkStatus();
  return ReadPieces(connection, machine, tier, part.from, part.to,
                    [&](RolledPack& pack) { return assembler.AddRolled(pack, part); });
}

absl::Status AddMachine(Connection& connection, std::int64_t machine, const Tiers& tiers, SeriesAssembler& assembler) {
  const TimeRange& range = assembler.range();
  // Buckets that began before the range may reach into it, or be what a rate begins with.
  absl::Status status = AddTier(connection, machine, kHours,
                                {LookBack(range.from, kHours), std::min(tiers.hours_until, range.to)}, assembler);
  if (!status.ok()) return status;
  status = AddTier(connection, machine, kFiveMinutes,
                   {std::max(tiers.hours_until, LookBack(range.from, kFiveMinutes)), range.to}, assembler);
  if (!status.ok()) return status;
  for (auto& [epoch, parts] : PartsInRange(connection, machine, range, tiers)) {
    const auto descriptors = DescriptorsOf(connection, machine, epoch);
    if (!descriptors.ok()) return descriptors.status();
    if (!assembler.StartEpoch(*descriptors)) continue;
    status = AddParts(connection, machine, epoch, parts, tiers, assembler);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
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
  const auto machines = MachineKeys(connection, query.machine_id);
  if (!machines.ok()) return machines.status();
  const Tiers tiers = ChooseTiers(connection, query, assembler->range());
  for (const std::int64_t machine : *machines) {
    if (absl::Status status = AddMachine(connection, machine, tiers, *assembler); !status.ok()) return status;
  }
  return assembler->Finish();
}

}  // namespace steward::collector
