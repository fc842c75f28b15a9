#include "collector/storage/sqlite/batch_log.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "collector/storage/block/column_block.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/stored_batches.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

constexpr std::uint64_t kSequenceMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::size_t kEpochsMax = 20'000;  // in memory; about 300 bytes each

}  // namespace

std::int64_t HourOf(std::int64_t time_ms) {
  const std::int64_t hour = time_ms / kHourMs;
  return time_ms % kHourMs < 0 ? hour - 1 : hour;
}

BatchLog::BatchLog(Connection& connection) : connection_(connection) {
  LoadPositions();
  Query query(connection_, "SELECT machine, time_min_ms FROM run ORDER BY key");
  while (query.Next()) NoteHour(query.Integer(0), HourOf(query.Integer(1)));
}

void BatchLog::LoadPositions() {
  next_batch_id_ = connection_.Integer("SELECT IFNULL(MAX(id), 0) + 1 FROM batch");
  next_run_key_ = connection_.Integer("SELECT IFNULL(MAX(key), 0) + 1 FROM run");
}

void BatchLog::Forget() {
  machine_keys_.clear();
  epochs_.clear();
  dirty_.clear();
  BeginWrite();
  LoadPositions();
}

void BatchLog::ForgetMachine(std::int64_t machine) {
  absl::erase_if(epochs_, [&](const auto& entry) { return entry.first.first == machine; });
}

void BatchLog::Trim() {
  if (epochs_.size() > kEpochsMax) epochs_.clear();
}

std::optional<std::int64_t> BatchLog::MachineKey(const std::string& id) {
  if (const auto it = machine_keys_.find(id); it != machine_keys_.end()) return it->second;
  const auto key = FindMachineKey(connection_, id);
  if (key.has_value()) machine_keys_.emplace(id, *key);
  return key;
}

std::shared_ptr<BatchLog::Epoch> BatchLog::FindEpoch(std::int64_t machine, std::uint64_t epoch) {
  std::shared_ptr<Epoch>& found = epochs_[{machine, epoch}];
  if (found != nullptr) return found;
  auto loaded = std::make_shared<Epoch>();
  loaded->committed = CommittedOf(connection_, machine, epoch);
  for (const Run& run : RunsOf(connection_, machine, epoch)) {
    std::shared_ptr<CachedRun>& tail = loaded->tails[run.segment_first];
    if (tail != nullptr && tail->run.sequence_last > run.sequence_last) continue;
    tail = std::make_shared<CachedRun>();
    tail->run = run;
    tail->stored = true;
  }
  found = std::move(loaded);
  return found;
}

absl::StatusOr<AppendResult> BatchLog::Append(const BatchRecord& batch) {
  const auto machine = MachineKey(batch.machine_id);
  if (!machine.has_value()) return absl::NotFoundError(absl::StrCat("no machine ", batch.machine_id));
  if (batch.sequence < batch.segment_first_sequence || batch.sequence > kSequenceMax) {
    return absl::InvalidArgumentError(absl::StrCat("sequence ", batch.sequence, " in a segment that begins with ",
                                                   batch.segment_first_sequence, " is not possible"));
  }
  const std::shared_ptr<Epoch> epoch = FindEpoch(*machine, batch.epoch);
  if (Contains(epoch->committed, batch.sequence)) return CompareWithStored(*machine, batch);

  const std::int64_t time_ms = ToStoredMs(batch.time);
  std::shared_ptr<CachedRun>& tail = epoch->tails[batch.segment_first_sequence];
  Appended appended;
  appended.epoch = epoch;
  appended.sequence = batch.sequence;
  appended.batch_id = next_batch_id_;
  appended.new_run = tail == nullptr || tail->run.sequence_last + 1 != batch.sequence;
  if (appended.new_run) {
    appended.previous_tail = std::exchange(tail, NewRun(*machine, batch, time_ms));
  } else {
    appended.before = tail->run;
  }
  appended.run = tail;
  Run& run = tail->run;
  const std::int64_t previous = std::exchange(run.batch_last, next_batch_id_++);
  run.sequence_last = batch.sequence;
  run.time_min_ms = std::min(run.time_min_ms, time_ms);
  run.time_max_ms = std::max(run.time_max_ms, time_ms);
  MarkDirty(tail);
  Insert(epoch->committed, batch.sequence, batch.sequence);
  appended_.push_back(std::move(appended));  // before the insert, so that a failing one is undone as well
  InsertBatch(batch, run, run.batch_last, previous, time_ms);
  return AppendResult::kCommitted;
}

std::shared_ptr<BatchLog::CachedRun> BatchLog::NewRun(std::int64_t machine, const BatchRecord& batch,
                                                      std::int64_t time_ms) {
  auto created = std::make_shared<CachedRun>();
  created->run = {next_run_key_++, machine,        batch.epoch,    batch.segment_first_sequence,
                  batch.sequence,  batch.sequence, next_batch_id_, 0,
                  time_ms,         time_ms};
  NoteHour(machine, HourOf(time_ms));
  return created;
}

void BatchLog::InsertBatch(const BatchRecord& batch, const Run& run, std::int64_t id, std::int64_t previous,
                           std::int64_t time_ms) {
  constexpr char kInsert[] =
      "INSERT INTO batch (id, previous, run, sequence, time_ms, sample_count, samples, events) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
  if (batch.events.empty()) {
    Query(connection_, kInsert, id, previous, run.key, batch.sequence, time_ms, batch.sample_count,
          Bytes(batch.samples), nullptr)
        .Run();
  } else {
    Query(connection_, kInsert, id, previous, run.key, batch.sequence, time_ms, batch.sample_count,
          Bytes(batch.samples), Bytes(batch.events))
        .Run();
  }
}

absl::StatusOr<AppendResult> BatchLog::CompareWithStored(std::int64_t machine, const BatchRecord& batch) {
  Flush();
  const auto stored = ChecksumOfStored(connection_, machine, batch.epoch, batch.sequence);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return AppendResult::kDuplicate;  // expired since, or only its block was
  return **stored == BatchChecksum(batch.samples, batch.events) ? AppendResult::kDuplicate : AppendResult::kConflict;
}

void BatchLog::MarkDirty(const std::shared_ptr<CachedRun>& run) {
  if (std::exchange(run->dirty, true)) return;
  dirty_.push_back(run);
}

void BatchLog::Flush() {
  for (const std::shared_ptr<CachedRun>& cached : dirty_) {
    cached->dirty = false;
    if (cached->dropped) continue;
    flushed_.push_back(cached);
    WriteRun(cached->run, std::exchange(cached->stored, true));
  }
  dirty_.clear();
}

void BatchLog::WriteRun(const Run& run, bool stored) {
  if (stored) {
    Query(connection_,
          "UPDATE run SET sequence_last = ?2, batch_last = ?3, time_min_ms = ?4, time_max_ms = ?5 WHERE key = ?1",
          run.key, run.sequence_last, run.batch_last, run.time_min_ms, run.time_max_ms)
        .Run();
    return;
  }
  Query(connection_,
        "INSERT INTO run (key, machine, epoch, segment_first, sequence_first, sequence_last, batch_first, "
        "batch_last, time_min_ms, time_max_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
        "ON CONFLICT (key) DO UPDATE SET sequence_last = excluded.sequence_last, batch_last = excluded.batch_last, "
        "time_min_ms = excluded.time_min_ms, time_max_ms = excluded.time_max_ms",
        run.key, run.machine, run.epoch, run.segment_first, run.sequence_first, run.sequence_last, run.batch_first,
        run.batch_last, run.time_min_ms, run.time_max_ms)
      .Run();
}

void BatchLog::BeginWrite() {
  appended_.clear();
  flushed_.clear();
}

void BatchLog::RollBack() {
  machine_keys_.clear();
  for (auto it = appended_.rbegin(); it != appended_.rend(); ++it) {
    Remove(it->epoch->committed, it->sequence);
    const Run& run = it->run->run;
    // Rows written behind the savepoint are gone already.
    Query(connection_, "DELETE FROM batch WHERE id = ?1", it->batch_id).Run();
    if (!it->new_run) {
      it->run->run = it->before;
      continue;
    }
    Query(connection_, "DELETE FROM run WHERE key = ?1", run.key).Run();
    it->run->dropped = true;
    if (it->previous_tail != nullptr) {
      it->epoch->tails[run.segment_first] = it->previous_tail;
    } else {
      it->epoch->tails.erase(run.segment_first);
    }
  }
  for (const std::shared_ptr<CachedRun>& run : flushed_) {  // its row may be undone, or say too much
    run->stored = false;
    if (!run->dropped) MarkDirty(run);
  }
  BeginWrite();
}

void BatchLog::NoteHour(std::int64_t machine, std::int64_t hour) {
  Hours& hours = hours_[machine];
  hours.newest = hours.open.empty() ? hour : std::max(hours.newest, hour);
  hours.open.insert(hour);
  if (hours.open.size() == 1) return;
  // A machine works on two hours at most: the newest, and the one of its backlog that it is sending.
  for (auto it = hours.open.begin(); it != hours.open.end();) {
    if (*it == hour || *it == hours.newest) {
      ++it;
    } else {
      finished_.push_back({machine, *it});
      it = hours.open.erase(it);
    }
  }
}

std::optional<MachineHour> BatchLog::TakeFinishedHour() {
  if (finished_.empty()) return std::nullopt;
  const MachineHour taken = finished_.front();
  finished_.pop_front();
  return taken;
}

}  // namespace steward::collector
