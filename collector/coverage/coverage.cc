#include "collector/coverage/coverage.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"
#include "collector/coverage/day_record.h"
#include "collector/ingest/event_times.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr char kCursorSetting[] = "coverage";
constexpr absl::Duration kLateMin = absl::Seconds(60);
constexpr std::int64_t kEventsReadDays = 30;
constexpr std::size_t kMachinesPerWrite = 64;    // one or two milliseconds of the writer
constexpr std::size_t kCatchUpSamples = 20'000;  // some milliseconds of the core thread
constexpr absl::Duration kCatchUpPause = absl::Milliseconds(20);

// As the rules see it: too late to be news.
bool IsLate(absl::Time time, absl::Time arrival_time, absl::Duration interval) {
  return arrival_time - time > std::max(2 * interval, kLateMin);
}

std::string CursorText(absl::Time time, const std::string& cursor) {
  return StrCat(absl::ToUnixMillis(time), " ", cursor);
}

void ParseCursor(const std::string& text, absl::Time& time, std::string& cursor) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return;
  time = absl::FromUnixMillis(ms);
  cursor = std::string(end + 1, text.data() + text.size());
}

}  // namespace

// What one flush writes, some machines at a time. The writes run in order; the last one moves the cursor.
struct Coverage::Round {
  struct Entry {
    MachineId machine;
    std::int64_t reach_ms = 0;
    std::vector<DirtyDay> days;
  };
  std::vector<Entry> entries;
  std::string cursor;       // to be stored; empty: nothing to be said yet
  std::string next_cursor;  // as the last write found it
  absl::Time time;
  bool failed = false;  // writer thread
};

Coverage::Coverage(Storage& storage, Clock& clock, boost::asio::any_io_executor core)
    : storage_(storage),
      clock_(clock),
      core_(core),
      flush_timer_(clock.NewTimer(core)),
      catch_up_timer_(clock.NewTimer(core)) {}

absl::Status Coverage::Load() {
  const std::int64_t today = DayOf(absl::ToUnixMillis(clock_.WallNow()));
  return storage_.Read([&](StorageReader& reader) -> absl::Status {
    const auto setting = reader.GetSetting(kCursorSetting);
    if (!setting.ok()) return setting.status();
    if (*setting) ParseCursor(**setting, cursor_time_, cursor_);
    const auto machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    for (const MachineRecord& machine : *machines) {
      if (machine.state == MachineState::kRetired) continue;
      const auto rows = reader.ListCoverage(machine.id, today - 1, today + 1);
      if (!rows.ok()) return rows.status();
      const auto events = reader.ListMachineEvents(machine.id, clock_.WallNow() - kEventsReadDays * absl::Hours(24));
      if (!events.ok()) return events.status();
      const MutexLock lock(&mutex_);
      MachineCoverage& coverage = Of(machine.id, machine.interval);
      for (const CoverageRow& row : *rows) coverage.AddStored(row);
      coverage.AddEvents(*events);
      coverage.Forget((today - 1) * kDayMs);
    }
    return absl::OkStatus();
  });
}

void Coverage::Start() {
  CatchUp();
  Wait(kFlushEvery);
}

void Coverage::Stop() {
  flush_timer_->Cancel();
  catch_up_timer_->Cancel();
  Flush();
}

void Coverage::Wait(absl::Duration delay) {
  flush_timer_->Start(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->Flush();
    self->SummarizeOldDays();
    self->Wait(kFlushEvery);
  });
}

// What was committed and never flushed, as after a crash; or all that is stored, if there was no coverage record
// before.
void Coverage::CatchUp() {
  std::size_t batches = 0;
  absl::flat_hash_map<MachineId, absl::Duration> intervals;
  const auto interval_of = [&](StorageReader& reader, const MachineId& id) {
    const auto [found, added] = intervals.try_emplace(id);
    if (added) {
      const auto machine = reader.GetMachine(id);
      if (machine.ok()) found->second = machine->interval;
    }
    return found->second;
  };
  const absl::Status read = storage_.Read([&](StorageReader& reader) -> absl::Status {
    const auto cursor = reader.ReadCommits(cursor_, kCatchUpSamples, [&](const CommittedSamples& batch) {
      ++batches;
      const absl::Duration interval = interval_of(reader, batch.machine_id);
      const MutexLock lock(&mutex_);
      Count(batch.machine_id, interval, batch.time, {batch.epoch, batch.sequence}, cursor_time_);
      return absl::OkStatus();
    });
    if (cursor.ok()) cursor_ = *cursor;
    return cursor.status();
  });
  if (!read.ok() && absl::IsInvalidArgument(read) && !cursor_.empty()) {  // of another state of the store: all again
    cursor_.clear();
    cursor_time_ = absl::InfinitePast();
    batches = 1;
  } else if (!read.ok()) {
    spdlog::warn("coverage: what was committed before the start cannot be read: {}", std::string(read.message()));
  }
  caught_up_ = batches == 0 || (!read.ok() && !absl::IsInvalidArgument(read));
  if (caught_up_) {
    cursor_.clear();  // the next flush finds one
    return;
  }
  catch_up_timer_->Start(kCatchUpPause, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->CatchUp();
  });
}

MachineCoverage& Coverage::Of(const MachineId& id, absl::Duration interval) {
  return machines_.try_emplace(id, absl::ToInt64Milliseconds(interval)).first->second;
}

void Coverage::Count(const MachineId& id, absl::Duration interval, absl::Time time, BatchName name,
                     absl::Time arrival_time) {
  Of(id, interval).AddBatch(absl::ToUnixMillis(time), name, IsLate(time, arrival_time, interval));
}

void Coverage::OnObservation(const Observation& observation) {
  const MutexLock lock(&mutex_);
  const MachineRecord& machine = *observation.machine;
  Count(machine.id, machine.interval, observation.time, {observation.epoch, observation.sequence},
        observation.arrival_time);
  if (observation.events.empty()) return;
  Of(machine.id, machine.interval).AddEvents(EventTimes(observation.time, observation.events));
}

void Coverage::OnMachineChanged(const MachineRecord& machine) {
  const MutexLock lock(&mutex_);
  Of(machine.id, machine.interval).SetInterval(absl::ToInt64Milliseconds(machine.interval));
}

void Coverage::OnMachineDeleted(const MachineRecord& machine) {
  const MutexLock lock(&mutex_);
  machines_.erase(machine.id);
}

std::shared_ptr<Coverage::Round> Coverage::TakeDirty() {
  auto round = std::make_shared<Round>();
  round->time = clock_.WallNow();
  if (!cursor_.empty()) round->cursor = CursorText(cursor_time_, cursor_);
  const std::int64_t yesterday_ms = (DayOf(absl::ToUnixMillis(round->time)) - 1) * kDayMs;
  const MutexLock lock(&mutex_);
  for (auto& [id, machine] : machines_) {
    machine.Forget(yesterday_ms);  // what was stored by the flush before
    std::vector<DirtyDay> days = machine.TakeDirty();
    if (!days.empty()) round->entries.push_back({id, machine.reach_ms(), std::move(days)});
  }
  return round;
}

void Coverage::Flush() {
  if (flushing_) return;
  const std::shared_ptr<Round> round = TakeDirty();
  if (round->entries.empty()) return;
  flushing_ = true;
  for (std::size_t begin = 0; begin < round->entries.size(); begin += kMachinesPerWrite) {
    Write(round, begin, std::min(begin + kMachinesPerWrite, round->entries.size()));
  }
}

void Coverage::Write(const std::shared_ptr<Round>& round, std::size_t begin, std::size_t end) {
  const auto put = [](const Round::Entry& entry, StorageTransaction& transaction) -> absl::Status {
    for (const DirtyDay& dirty : entry.days) {
      auto rows = transaction.ListCoverage(entry.machine, dirty.day, dirty.day);
      if (!rows.ok()) return rows.status();
      CoverageRow row;
      if (!rows->empty() && rows->back().day == dirty.day) row = std::move(rows->back());
      row.day = dirty.day;
      if (!AddToDay(dirty.observed, dirty.late, dirty.day, entry.reach_ms, row.record)) continue;
      absl::Status status = transaction.PutCoverage(entry.machine, row);
      if (!status.ok() && !absl::IsNotFound(status)) return status;  // not found: the machine was deleted meanwhile
    }
    return absl::OkStatus();
  };
  storage_.Write(
      [round, begin, end, put](StorageTransaction& transaction) -> absl::Status {
        absl::Status status;
        for (std::size_t i = begin; i < end && status.ok(); ++i) status = put(round->entries[i], transaction);
        if (!status.ok()) round->failed = true;
        if (!status.ok() || round->failed || end < round->entries.size()) return status;
        auto cursor = transaction.CommitCursor();
        if (!cursor.ok()) return cursor.status();
        round->next_cursor = *std::move(cursor);
        return round->cursor.empty() ? absl::OkStatus() : transaction.PutSetting(kCursorSetting, round->cursor);
      },
      [weak = weak_from_this(), core = core_, round, begin, end](absl::Status status) {
        boost::asio::post(core, [weak, round, begin, end, status = std::move(status)] {
          if (const auto self = weak.lock()) self->Flushed(*round, begin, end, status);
        });
      });
}

void Coverage::Flushed(const Round& round, std::size_t begin, std::size_t end, const absl::Status& status) {
  if (!status.ok()) {
    spdlog::warn("coverage could not be stored, the next try is in {}: {}", absl::FormatDuration(kFlushEvery),
                 std::string(status.message()));
    const MutexLock lock(&mutex_);
    for (std::size_t i = begin; i < end; ++i) {
      const auto found = machines_.find(round.entries[i].machine);
      if (found == machines_.end()) continue;
      for (const DirtyDay& day : round.entries[i].days) found->second.MarkDirty(day.day);
    }
  }
  if (end < round.entries.size()) return;
  flushing_ = false;
  // Batches committed before the cursor was found have come to this thread before this call: the next flush has them.
  if (caught_up_ && status.ok() && !round.next_cursor.empty()) {
    cursor_ = round.next_cursor;
    cursor_time_ = round.time;
  }
}

}  // namespace steward::collector
