#include "collector/issues/issue_clocks.h"

#include <algorithm>
#include <string_view>

#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr int kPartsPauseDays = 10;  // working days that waiting for parts or a third party may stop the clock

// Working hours, or whole working days.
struct Span {
  int hours = 0;
  int days = 0;
};
struct ServiceLevel {
  Severity severity;
  absl::Duration respond;
  Span respond_days;  // instead, if it has days
  Span resolve, decide;
};
constexpr ServiceLevel kLevels[] = {
    {Severity::kCritical, absl::Minutes(30), {}, {4, 0}, {2, 0}},
    {Severity::kHigh, absl::Hours(1), {}, {8, 0}, {0, 1}},
    {Severity::kMedium, absl::Hours(4), {}, {0, 3}, {0, 5}},
    {Severity::kLow, absl::ZeroDuration(), {0, 2}, {0, 20}, {0, 20}},
};

const ServiceLevel& LevelOf(Severity severity) {
  for (const ServiceLevel& level : kLevels) {
    if (level.severity == severity) return level;
  }
  return kLevels[3];
}

absl::Time After(Span span, absl::Time from, const Calendar& calendar) {
  return calendar.Add(from, absl::Hours(span.hours) + span.days * calendar.WorkingDay());
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(absl::ToInt64Seconds(duration));
  return out;
}

bool IsPauseLimited(std::string_view wait_reason) { return wait_reason == "parts" || wait_reason == "third-party"; }

void ResumeClock(absl::Time now, const Calendar& calendar, v1::Issue& issue) {
  if (!issue.has_paused_since()) return;
  const absl::Time since = GetTime(issue.paused_since());
  const absl::Time limit = IsPauseLimited(issue.wait_reason()) ? calendar.Add(since, kPartsPauseDays * calendar.WorkingDay())
                                                               : absl::InfiniteFuture();
  const absl::Time end = std::min(now, limit);
  const absl::Time deadline = GetTime(issue.resolve_deadline());
  if (deadline > since) {
    SetTime(std::max(deadline, calendar.Add(end, calendar.Between(since, deadline))), *issue.mutable_resolve_deadline());
  }
  *issue.mutable_paused() = ToProto(absl::Seconds(issue.paused().seconds()) + calendar.Between(since, end));
  issue.clear_paused_since();
}

}  // namespace

absl::Time RespondBy(Severity severity, absl::Time from, const Calendar& calendar) {
  const ServiceLevel& level = LevelOf(severity);
  return level.respond_days.days > 0 ? After(level.respond_days, from, calendar) : calendar.Add(from, level.respond);
}

absl::Time ResolveBy(Severity severity, absl::Time from, const Calendar& calendar) {
  return After(LevelOf(severity).resolve, from, calendar);
}

absl::Time DecideBy(Severity severity, absl::Time from, const Calendar& calendar) {
  return After(LevelOf(severity).decide, from, calendar);
}

void StartClocks(Severity severity, absl::Time from, const Calendar& calendar, v1::Issue& issue) {
  issue.clear_acknowledged_time();
  issue.clear_paused_since();
  issue.clear_paused();
  issue.clear_wait_reason();
  issue.clear_wake_time();
  issue.clear_claimed_time();
  issue.clear_claimed_party();
  SetTime(RespondBy(severity, from, calendar), *issue.mutable_respond_deadline());
  SetTime(ResolveBy(severity, from, calendar), *issue.mutable_resolve_deadline());
  *issue.mutable_deadline() = issue.respond_deadline();
}

void CompleteClocks(const Calendar& calendar, v1::Issue& issue) {
  if (issue.has_respond_deadline()) return;
  *issue.mutable_respond_deadline() = issue.deadline();
  const absl::Time opened = GetTime(issue.opened_time());
  SetTime(ResolveBy(ParseSeverity(issue.severity()), opened, calendar), *issue.mutable_resolve_deadline());
}

void AdjustClocks(bool worse, Severity severity, absl::Time now, const Calendar& calendar, v1::Issue& issue) {
  const auto adjust = [&](google::protobuf::Timestamp& deadline, auto by) {
    const absl::Time before = GetTime(deadline);
    if (worse) SetTime(std::min(before, by(severity, now, calendar)), deadline);
    if (!worse && before > now) SetTime(std::max(before, by(severity, GetTime(issue.opened_time()), calendar)), deadline);
  };
  adjust(*issue.mutable_respond_deadline(), RespondBy);
  adjust(*issue.mutable_resolve_deadline(), ResolveBy);
  SetNextDeadline(issue);
}

void PauseClock(absl::Time now, v1::Issue& issue) { SetTime(now, *issue.mutable_paused_since()); }

void LeaveState(absl::Time now, const Calendar& calendar, v1::Issue& issue) {
  ResumeClock(now, calendar, issue);
  if (issue.wait_reason() == "decision" && issue.decision().answer().empty()) issue.set_party(issue.decision().asked_party());
  issue.clear_wait_reason();
  issue.clear_wake_time();
}

void SetNextDeadline(v1::Issue& issue) {
  const std::string& state = issue.state();
  if (issue.wait_reason() == "decision") {
    *issue.mutable_deadline() = issue.decision().due_time();
  } else if (issue.has_wake_time()) {
    *issue.mutable_deadline() = issue.wake_time();
  } else if (state == "open" || state == "pending") {
    *issue.mutable_deadline() = issue.respond_deadline();
  } else if (state == "acknowledged" || state == "claimed") {
    *issue.mutable_deadline() = issue.resolve_deadline();
  }
}

}  // namespace steward::collector
