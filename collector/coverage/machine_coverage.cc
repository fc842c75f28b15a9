#include "collector/coverage/machine_coverage.h"

#include <algorithm>

#include "collector/coverage/day_record.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kUpMsMin = 90'000;  // as steward_machine_up

bool IsEarlier(const MachineEventRecord& a, const MachineEventRecord& b) {
  return a.time != b.time ? a.time < b.time : a.kind < b.kind;
}

}  // namespace

void MachineCoverage::AddBatch(std::int64_t time_ms, BatchName name, bool late) {
  const SpanSet::Changed changed = observed_.AddBatch(time_ms, name, reach_ms());
  if (late) late_.AddBatch(time_ms, name, reach_ms());
  for (std::int64_t day = DayOf(changed.from_ms); day <= DayOf(changed.to_ms); ++day) MarkDirty(day);
}

void MachineCoverage::AddEvents(const std::vector<MachineEventRecord>& events) {
  for (const MachineEventRecord& event : events) {
    const auto at = std::lower_bound(events_.begin(), events_.end(), event, IsEarlier);
    if (at == events_.end() || *at != event) events_.insert(at, event);
  }
}

void MachineCoverage::AddStored(const CoverageRow& row) {
  AppendSpans(row.record.observed(), row.day, reach_ms(), observed_);
  AppendSpans(row.record.late(), row.day, reach_ms(), late_);
}

void MachineCoverage::MarkDirty(std::int64_t day) {
  const auto at = std::lower_bound(dirty_.begin(), dirty_.end(), day);
  if (at == dirty_.end() || *at != day) dirty_.insert(at, day);
}

std::vector<DirtyDay> MachineCoverage::TakeDirty() {
  std::vector<DirtyDay> days;
  for (const std::int64_t day : dirty_) {
    const std::int64_t from_ms = day * kDayMs, to_ms = from_ms + kDayMs;
    days.push_back({day, observed_.Within(from_ms, to_ms), late_.Within(from_ms, to_ms)});
  }
  dirty_.clear();
  return days;
}

void MachineCoverage::Forget(std::int64_t before_ms) {
  if (!dirty_.empty()) before_ms = std::min(before_ms, dirty_.front() * kDayMs);
  if (!observed_.spans().empty()) observed_.CutBefore(std::min(before_ms, observed_.spans().back().from_ms));
  late_.CutBefore(before_ms);
  const absl::Time before = absl::FromUnixMillis(before_ms);
  const auto keep = std::find_if(events_.begin(), events_.end(),
                                 [&](const MachineEventRecord& event) { return event.time >= before; });
  if (keep - events_.begin() > 1) events_.erase(events_.begin(), keep - 1);
}

std::int64_t AccountEndMs(std::optional<std::int64_t> last_ms, const std::vector<MachineEventRecord>& events,
                          std::int64_t interval_ms, std::int64_t now_ms) {
  if (!last_ms) return now_ms;
  if (*last_ms >= now_ms) return *last_ms;
  const bool up = now_ms - *last_ms <= std::max(3 * interval_ms, kUpMsMin);
  const bool goodbye =
      !events.empty() && IsGoodbye(events.back().kind) && absl::ToUnixMillis(events.back().time) >= *last_ms;
  return up && !goodbye ? *last_ms : now_ms;
}

std::optional<double> LastDayRatio(const MachineCoverage& machine, std::int64_t interval_ms, std::int64_t enrolled_ms,
                                   std::int64_t now_ms) {
  const std::vector<Span>& spans = machine.observed().spans();
  AccountInput input;
  input.observed = spans;
  input.events = machine.events();
  input.interval_ms = interval_ms;
  const std::int64_t day_ago_ms = now_ms - kDayMs;
  input.from_ms = spans.empty() ? std::max(enrolled_ms, day_ago_ms)
                                : std::min(spans.front().from_ms, std::max(enrolled_ms, day_ago_ms));
  const auto last_ms = spans.empty() ? std::nullopt : std::optional(spans.back().to_ms);
  input.to_ms = AccountEndMs(last_ms, input.events, interval_ms, now_ms);
  // Of the newest moments nothing is known yet: a machine that has just come is neither observed nor missed.
  return ObservedRatio(MakeAccount(input), std::max(day_ago_ms, std::min(input.from_ms, enrolled_ms)));
}

}  // namespace steward::collector
