// What Coverage tells, and what it keeps of it.
#include <algorithm>
#include <utility>

#include "boost/asio/post.hpp"
#include "collector/coverage/coverage.h"
#include "collector/coverage/day_record.h"
#include "collector/storage/restored_span.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kDaysKept = 400;

bool IsWorkstation(const MachineRecord& machine) {
  return machine.machine_class == "desktop" || machine.machine_class == "laptop";
}

// What was acknowledged, lost by the collector's restoring and is not held any more, an agent declares as dropped, without
// the number of values; of what it drops by itself it knows that.
bool IsLostByRestoring(const GapRecord& gap, const std::vector<RestoredSpan>& restored) {
  return gap.cause == v1::GapDeclaration::SPOOL_FULL && gap.sample_count == 0 &&
         std::any_of(restored.begin(), restored.end(),
                     [&](const RestoredSpan& span) { return gap.told_time > span.restore_time; });
}

GivenUp GivenUpOf(const GapRecord& gap, const std::vector<RestoredSpan>& restored) {
  GivenUp batches{gap.epoch, gap.range, v1::COVERAGE_CAUSE_DROPPED, std::nullopt, std::nullopt};
  if (gap.cause == v1::GapDeclaration::REFUSED) batches.cause = v1::COVERAGE_CAUSE_REFUSED;
  if (IsLostByRestoring(gap, restored)) batches.cause = v1::COVERAGE_CAUSE_COLLECTOR_RESTORED;
  if (gap.from_time != absl::InfinitePast()) batches.from_ms = absl::ToUnixMillis(gap.from_time);
  if (gap.to_time != absl::InfiniteFuture()) batches.to_ms = absl::ToUnixMillis(gap.to_time);
  return batches;
}

// Of rows that begin with the newest before `first_day` (if there is one): where the account begins.
struct Beginning {
  std::int64_t from_ms = 0;
  std::optional<CoverageCause> cause;
};

Beginning BeginningOf(const std::vector<CoverageRow>& rows, const SpanSet& observed, std::int64_t first_day,
                      std::int64_t enrolled_ms) {
  const auto kept =
      std::find_if(rows.rbegin(), rows.rend(), [](const CoverageRow& row) { return row.record.has_summary(); });
  if (kept != rows.rend()) {  // behind the days of which only sums are left
    Beginning beginning{(kept->day + 1) * kDayMs, std::nullopt};
    if (kept->record.summary().end_cause() != v1::COVERAGE_CAUSE_UNKNOWN)
      beginning.cause = kept->record.summary().end_cause();
    return beginning;
  }
  std::int64_t from_ms = std::max(enrolled_ms, first_day * kDayMs);
  if (!observed.spans().empty()) from_ms = std::min(from_ms, observed.spans().front().from_ms);
  return {from_ms, std::nullopt};
}

// Days of sums alone, and between them those on which nothing came: what the one before ended with goes on.
std::vector<CoverageDay> SummaryDays(const std::vector<CoverageRow>& rows, std::int64_t first_day) {
  std::vector<CoverageDay> days;
  const v1::DaySummary* before = nullptr;
  std::int64_t next = first_day;
  for (const CoverageRow& row : rows) {
    if (!row.record.has_summary()) continue;
    for (; before != nullptr && next < row.day; ++next) {
      v1::DaySummary gap;
      v1::CauseTotal& total = *gap.add_gaps();
      total.set_cause(before->end_cause());
      total.set_duration_ms(static_cast<std::uint32_t>(kDayMs));
      days.push_back(FromSummary(next, gap));
    }
    if (row.day >= first_day) days.push_back(FromSummary(row.day, row.record.summary()));
    before = &row.record.summary();
    next = std::max(first_day, row.day + 1);
  }
  return days;
}

}  // namespace

std::optional<double> Coverage::Ratio(const MachineRecord& machine) const {
  const MutexLock lock(&mutex_);
  const auto found = machines_.find(machine.id);
  if (found == machines_.end()) return std::nullopt;
  return LastDayRatio(found->second, absl::ToInt64Milliseconds(machine.interval),
                      absl::ToUnixMillis(machine.enrolled_time), absl::ToUnixMillis(clock_.WallNow()));
}

absl::StatusOr<std::vector<CoverageDay>> Coverage::Days(StorageReader& reader, const MachineRecord& machine,
                                                        int count) const {
  const absl::Time now = clock_.WallNow();
  const std::int64_t days = std::clamp<std::int64_t>(count, 1, kDaysKept);
  return DaysFrom(reader, machine, DayOf(absl::ToUnixMillis(now)) - days + 1, now);
}

absl::StatusOr<std::vector<CoverageDay>> Coverage::DaysFrom(StorageReader& reader, const MachineRecord& machine,
                                                            std::int64_t first_day, absl::Time now) const {
  AccountInput input;
  input.interval_ms = absl::ToInt64Milliseconds(machine.interval);
  const std::int64_t reach_ms = ReachMs(input.interval_ms), now_ms = absl::ToUnixMillis(now);
  SpanSet observed, late;
  {  // before the store: what a flush has taken from here meanwhile is in there
    const MutexLock lock(&mutex_);
    if (const auto found = machines_.find(machine.id); found != machines_.end()) {
      observed = found->second.observed();
      late = found->second.late();
    }
  }
  const auto rows = reader.ListCoverage(machine.id, first_day, DayOf(now_ms) + 1);
  if (!rows.ok()) return rows.status();
  for (const CoverageRow& row : *rows) {
    AppendSpans(row.record.observed(), row.day, reach_ms, observed);
    AppendSpans(row.record.late(), row.day, reach_ms, late);
  }
  const Beginning beginning = BeginningOf(*rows, observed, first_day, absl::ToUnixMillis(machine.enrolled_time));
  auto events = reader.ListMachineEvents(machine.id, absl::FromUnixMillis(beginning.from_ms));
  if (!events.ok()) return events.status();
  const auto gaps = reader.ListGaps(machine.id);
  if (!gaps.ok()) return gaps.status();
  const auto restored = ListRestored(reader);
  if (!restored.ok()) return restored.status();
  for (const GapRecord& gap : *gaps) input.given_up.push_back(GivenUpOf(gap, *restored));
  for (const RestoredSpan& span : *restored) {
    input.restored.push_back({absl::ToUnixMillis(span.backup_time), absl::ToUnixMillis(span.restore_time)});
  }

  const auto last_ms = observed.spans().empty() ? std::nullopt : std::optional(observed.spans().back().to_ms);
  const bool retired = machine.state == MachineState::kRetired && last_ms;
  input.from_ms = beginning.from_ms;
  input.to_ms = retired ? *last_ms : AccountEndMs(last_ms, *events, input.interval_ms, now_ms);
  input.cause_before = beginning.cause;
  input.observed = observed.spans();
  input.late = late.spans();
  input.events = *std::move(events);

  std::vector<CoverageDay> days = SummaryDays(*rows, first_day);
  for (CoverageDay& day : ByDay(MakeAccount(input))) {
    if (day.day >= first_day) days.push_back(std::move(day));
  }
  return days;
}

void Coverage::SummarizeOldDays() {
  const absl::Time now = clock_.WallNow();
  const std::int64_t today = DayOf(absl::ToUnixMillis(now));
  if (summarized_day_ == today || !caught_up_) return;
  summarized_day_ = today;
  std::vector<MachineRecord> machines;
  const absl::Status read = storage_.Read([&](StorageReader& reader) {
    auto all = reader.ListMachines();
    if (all.ok()) machines = *std::move(all);
    return all.status();
  });
  if (!read.ok()) summarized_day_ = 0;
  for (MachineRecord& machine : machines) {
    if (!IsWorkstation(machine)) continue;
    storage_.Write([self = shared_from_this(), machine = std::move(machine),
                    now](StorageTransaction& transaction) { return self->SummarizeMachine(transaction, machine, now); },
                   [weak = weak_from_this(), core = core_](absl::Status status) {
                     if (status.ok()) return;
                     spdlog::warn("coverage: times older than {} days could not be forgotten: {}", kTimesKeptDays,
                                  std::string(status.message()));
                     boost::asio::post(core, [weak] {
                       if (const auto self = weak.lock()) self->summarized_day_ = 0;
                     });
                   });
  }
}

absl::Status Coverage::SummarizeMachine(StorageTransaction& transaction, const MachineRecord& machine,
                                        absl::Time now) const {
  const std::int64_t today = DayOf(absl::ToUnixMillis(now));
  const std::int64_t kept_from = today - kTimesKeptDays;
  const auto rows = transaction.ListCoverage(machine.id, today - kDaysKept, kept_from - 1);
  if (!rows.ok()) return rows.status();
  const auto first =
      std::find_if(rows->begin(), rows->end(), [](const CoverageRow& row) { return !row.record.has_summary(); });
  if (first != rows->end()) {
    const auto days = DaysFrom(transaction, machine, first->day, now);
    if (!days.ok()) return days.status();
    for (const CoverageDay& day : *days) {
      if (day.summary || day.day >= kept_from) continue;
      CoverageRow row;
      row.day = day.day;
      *row.record.mutable_summary() = collector::Summarize(day);
      if (absl::Status status = transaction.PutCoverage(machine.id, row); !status.ok()) return status;
    }
  }
  return transaction.ForgetMachineEvents(machine.id, absl::FromUnixMillis(kept_from * kDayMs));
}

}  // namespace steward::collector
