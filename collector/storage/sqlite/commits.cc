#include "collector/storage/sqlite/commits.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "collector/storage/commit_order.h"
#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kFirstPosition = std::numeric_limits<std::int64_t>::min();
// Commits are read in windows, machine by machine: about an hour of 200 machines, so that a reader that is far behind
// unpacks each block about once, and the newest of one machine do not wait for long behind the oldest of another.
constexpr std::int64_t kWindow = 50'000;
constexpr std::int64_t kBatchesAtOnce = 1'000;  // in memory

// All up to `base` was given. Of what follows up to `until`, that of the machines before `machine`, and that machine's
// up to `position`. No window is open: `until` is `base`.
struct Cursor {
  std::int64_t base = kFirstPosition;
  std::int64_t until = kFirstPosition;
  std::int64_t machine = 0;
  std::int64_t position = kFirstPosition;

  void Close() { *this = {until, until, 0, until}; }
};

constexpr std::string_view kPrefix = "1:";

std::string ToText(const Cursor& cursor) {
  if (cursor.base == cursor.until) return StrCat(kPrefix, cursor.base);
  return StrCat(kPrefix, cursor.base, ":", cursor.until, ":", cursor.machine, ":", cursor.position);
}

absl::StatusOr<Cursor> FromText(std::string_view text) {
  if (text.empty()) return Cursor();
  std::vector<std::int64_t> numbers;
  bool good = text.starts_with(kPrefix);
  if (good) {
    for (const absl::string_view part : absl::StrSplit(ToAbsl(text.substr(kPrefix.size())), ':')) {
      good = absl::SimpleAtoi(part, &numbers.emplace_back()) && good;
    }
  }
  if (good && numbers.size() == 1) return Cursor{numbers[0], numbers[0], 0, numbers[0]};
  if (good && numbers.size() == 4 && numbers[0] <= numbers[3] && numbers[3] <= numbers[1]) {
    return Cursor{numbers[0], numbers[1], numbers[2], numbers[3]};
  }
  return absl::InvalidArgumentError(StrCat("\"", text, "\" is not a place in the order of commits"));
}

struct Part {
  std::optional<Run> run;  // else a block
  std::int64_t block = 0;
  std::int64_t batch_count = 0;
};

std::int64_t Newest(Connection& connection) { return connection.Integer("SELECT IFNULL(MAX(id), 0) FROM batch"); }

// The first position behind `after` that may hold a batch.
std::optional<std::int64_t> NextPosition(Connection& connection, std::int64_t after) {
  Query query(connection,
              "SELECT MIN(first) FROM (SELECT MIN(batch_first) AS first FROM block_position WHERE batch_last > ?1 "
              "UNION ALL SELECT MIN(batch_first) FROM run WHERE batch_last > ?1)",
              after);
  if (!query.Next() || query.IsNull(0)) return std::nullopt;
  return std::max(after + 1, query.Integer(0));
}

// False: nothing is left.
bool OpenWindow(Connection& connection, Cursor& cursor) {
  const std::int64_t newest = Newest(connection);
  const auto first = NextPosition(connection, cursor.base);
  if (!first.has_value() || newest <= cursor.base) return false;
  cursor = {cursor.base, std::min(newest, *first + kWindow), 0, cursor.base};
  return true;
}

// The machines, from that of the cursor on, that have batches in its window.
std::vector<std::int64_t> MachinesOf(Connection& connection, const Cursor& cursor) {
  std::vector<std::int64_t> machines;
  Query query(connection,
              "SELECT machine FROM block_position WHERE batch_last > ?1 AND batch_first <= ?2 AND machine >= ?3 UNION "
              "SELECT machine FROM run WHERE batch_last > ?1 AND batch_first <= ?2 AND machine >= ?3 ORDER BY 1",
              cursor.base, cursor.until, cursor.machine);
  while (query.Next()) machines.push_back(query.Integer(0));
  return machines;
}

// What one machine's batches are read with, for as long as one call works on it.
class MachineCommits {
 public:
  MachineCommits(Connection& connection, std::int64_t machine, std::vector<Run> runs)
      : connection_(connection), machine_(machine), runs_(std::move(runs)) {}

  // Appends what became readable behind `after` and up to `until`, by position. Moves `until` down to what fits in
  // memory.
  absl::Status Read(std::int64_t after, std::int64_t& until, std::vector<ReadableBatch>& out) {
    std::vector<Part> parts = PartsWithin(after, until);
    while (parts.size() > 2 && CountOf(parts) > kBatchesAtOnce && until - after > 1) {
      until = after + (until - after) / 2;
      parts = PartsWithin(after, until);
    }
    rows_.clear();
    bytes_ = {};
    read_.clear();
    for (const Part& part : parts) {
      if (auto status = ReadPart(part); !status.ok()) return status;
    }
    std::vector<SegmentKey> touched;
    for (const auto& [key, rows] : rows_) {
      const bool within = std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
        return row.second.position > after && row.second.position <= until;
      });
      if (within) touched.push_back(key);
    }
    for (const SegmentKey& key : touched) {
      if (auto status = ReadSegment(key, after, until, out); !status.ok()) return status;
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const ReadableBatch& a, const ReadableBatch& b) { return a.position < b.position; });
    return absl::OkStatus();
  }

  void Name(const MachineId& id, CommittedSamples& samples) {
    samples.machine_id = id;
    samples.descriptors = tables_[samples.epoch];
  }

 private:
  using SegmentKey = std::pair<std::uint64_t, std::uint64_t>;  // epoch, first sequence

  std::vector<Part> PartsWithin(std::int64_t after, std::int64_t until) {
    std::vector<Part> parts;
    Query query(
        connection_,
        "SELECT block, batch_count FROM block_position JOIN block ON key = block WHERE block_position.machine = ?1 "
        "AND batch_last > ?2 AND batch_first <= ?3 ORDER BY block",
        machine_, after, until);
    while (query.Next()) parts.push_back({std::nullopt, query.Integer(0), query.Integer(1)});
    for (const Run& run : runs_) {
      if (run.batch_last <= after || run.batch_first > until) continue;
      parts.push_back({run, run.key, static_cast<std::int64_t>(run.sequence_last - run.sequence_first + 1)});
    }
    return parts;
  }

  static std::int64_t CountOf(const std::vector<Part>& parts) {
    std::int64_t count = 0;
    for (const Part& part : parts) count += part.batch_count;
    return count;
  }

  absl::Status ReadPart(const Part& part) {
    if (!read_.emplace(part.run.has_value(), part.block).second) return absl::OkStatus();
    std::vector<StoredBatch> batches;
    std::uint64_t epoch = 0;
    if (part.run.has_value()) {
      epoch = part.run->epoch;
      if (auto status = ReadRun(connection_, *part.run, bytes_, batches); !status.ok()) return status;
    } else {
      Query query(connection_, "SELECT epoch FROM block WHERE key = ?1", part.block);
      if (query.Next()) epoch = query.Unsigned(0);
      if (auto status = ReadBlock(connection_, part.block, bytes_, batches); !status.ok()) return status;
    }
    for (const StoredBatch& batch : batches) {
      rows_[{epoch, batch.segment_first}][batch.sequence] = {batch.sequence, batch.time_ms, batch.position,
                                                             batch.samples};
    }
    return absl::OkStatus();
  }

  // The part that holds this sequence, if it was there at `until` and is not read yet.
  std::optional<Part> PartWith(const SegmentKey& key, std::uint64_t sequence, std::int64_t until) {
    for (const Run& run : runs_) {
      if (run.epoch != key.first || run.segment_first != key.second || run.batch_first > until) continue;
      if (run.sequence_first > sequence || run.sequence_last < sequence || read_.contains({true, run.key})) continue;
      return Part{run, run.key, 0};
    }
    Query query(
        connection_,
        "SELECT block FROM block JOIN block_position ON block = key WHERE block.machine = ?1 AND epoch = ?2 AND "
        "sequence_first <= ?3 AND sequence_last >= ?3 AND batch_first <= ?4",
        machine_, key.first, sequence, until);
    while (query.Next()) {
      if (!read_.contains({false, query.Integer(0)})) return Part{std::nullopt, query.Integer(0), 0};
    }
    return std::nullopt;
  }

  // Its batches may lie in several parts; those before and behind the ones at hand are read too.
  absl::Status ReadSegment(const SegmentKey& key, std::int64_t after, std::int64_t until,
                           std::vector<ReadableBatch>& out) {
    const auto table = TableOf(key.first);
    if (!table.ok()) return table.status();
    std::map<std::uint64_t, PositionedRow>& of_segment = rows_[key];
    const auto next_segment = rows_.upper_bound(key);
    const std::uint64_t end = next_segment != rows_.end() && next_segment->first.first == key.first
                                  ? next_segment->first.second
                                  : std::numeric_limits<std::uint64_t>::max();
    for (std::uint64_t sequence = key.second; sequence < end;) {
      if (of_segment.contains(sequence)) {
        ++sequence;
        continue;
      }
      const auto part = PartWith(key, sequence, until);  // blocks may overlap: it may be in none of several
      if (!part.has_value()) break;
      if (auto status = ReadPart(*part); !status.ok()) return status;
    }
    std::vector<PositionedRow> rows;
    for (const auto& [sequence, row] : of_segment) rows.push_back(row);
    const std::size_t begin = out.size();
    AppendReadable(**table, key.second, rows, after, until, out);
    for (std::size_t i = begin; i < out.size(); ++i) out[i].samples.epoch = key.first;
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<const wire::DescriptorTable>> TableOf(std::uint64_t epoch) {
    std::shared_ptr<const wire::DescriptorTable>& table = tables_[epoch];
    if (table != nullptr) return table;
    const auto descriptors = DescriptorsOf(connection_, machine_, epoch);
    if (!descriptors.ok()) return descriptors.status();
    auto made = std::make_shared<wire::DescriptorTable>();
    if (absl::Status status = made->Add(*descriptors); !status.ok()) return status;
    table = std::move(made);
    return table;
  }

  Connection& connection_;
  const std::int64_t machine_;
  const std::vector<Run> runs_;
  std::map<std::uint64_t, std::shared_ptr<const wire::DescriptorTable>> tables_;  // by epoch
  // Of the current Read.
  BatchBytes bytes_;
  std::map<SegmentKey, std::map<std::uint64_t, PositionedRow>> rows_;  // by sequence
  std::set<std::pair<bool, std::int64_t>> read_;                       // is a run, key
};

MachineId IdOf(Connection& connection, std::int64_t machine) {
  Query query(connection, "SELECT id FROM machine WHERE key = ?1", machine);
  return query.Next() ? query.Text(0) : MachineId();
}

class CommitReader {
 public:
  CommitReader(Connection& connection, Cursor cursor, std::size_t samples_max, StorageReader::TakeCommitted take)
      : connection_(connection), cursor_(cursor), samples_max_(samples_max), take_(take) {}

  absl::StatusOr<std::string> Run() {
    while (!IsFull()) {
      if (cursor_.base == cursor_.until && !OpenWindow(connection_, cursor_)) break;
      for (const std::int64_t machine : MachinesOf(connection_, cursor_)) {
        if (machine != cursor_.machine) cursor_ = {cursor_.base, cursor_.until, machine, cursor_.base};
        if (absl::Status status = ReadMachine(); !status.ok()) return status;
        if (IsFull()) return ToText(cursor_);
      }
      cursor_.Close();
    }
    return ToText(cursor_);
  }

 private:
  bool IsFull() const { return given_ > 0 && samples_ >= samples_max_; }

  absl::Status ReadMachine() {
    MachineCommits commits(connection_, cursor_.machine, RunsOfMachine(connection_, cursor_.machine));
    const MachineId id = IdOf(connection_, cursor_.machine);
    while (cursor_.position < cursor_.until) {
      std::int64_t until = cursor_.until;
      std::vector<ReadableBatch> batches;
      if (absl::Status status = commits.Read(cursor_.position, until, batches); !status.ok()) return status;
      for (ReadableBatch& batch : batches) {
        // All that became readable at one position are given together: the cursor knows no place between them.
        if (IsFull() && batch.position > cursor_.position) return absl::OkStatus();
        commits.Name(id, batch.samples);
        if (absl::Status status = take_(batch.samples); !status.ok()) return status;
        cursor_.position = batch.position;
        ++given_;
        for (const CommittedGroup& group : batch.samples.groups) samples_ += group.values.size();
      }
      cursor_.position = until;
    }
    return absl::OkStatus();
  }

  Connection& connection_;
  Cursor cursor_;
  const std::size_t samples_max_;
  StorageReader::TakeCommitted take_;
  std::size_t given_ = 0;
  std::size_t samples_ = 0;
};

}  // namespace

absl::StatusOr<std::string> ReadCommits(Connection& connection, std::string_view after, std::size_t samples_max,
                                        StorageReader::TakeCommitted take) {
  const auto cursor = FromText(after);
  if (!cursor.ok()) return cursor.status();
  if (cursor->until > Newest(connection)) {
    return absl::InvalidArgumentError(StrCat("the place \"", after,
                                             "\" lies behind all that is stored: it is of another "
                                             "storage, or this one was restored from an older backup"));
  }
  return CommitReader(connection, *cursor, samples_max, take).Run();
}

absl::StatusOr<std::string> CommitCursor(Connection& connection) {
  const std::int64_t newest = Newest(connection);
  return ToText({newest, newest, 0, newest});
}

}  // namespace steward::collector
