#include "collector/issues/issue_clocks.h"

#include <algorithm>
#include <string_view>

#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr int kPartsPauseDays = 10;  // working days that waiting for parts or a third party may stop the clock

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(absl::ToInt64Seconds(duration));
  return out;
}

// When a pause is over whatever happens; InfiniteFuture: it has no such end.
absl::Time PauseLimit(const Calendar& calendar, const v1::Issue& issue) {
  if (!IsPauseLimited(issue)) return absl::InfiniteFuture();
  return calendar.Add(GetTime(issue.paused_since()), kPartsPauseDays * calendar.WorkingDay());
}

void ResumeClock(absl::Time now, const Terms& terms, v1::Issue& issue) {
  if (!issue.has_paused_since()) return;
  const Calendar& calendar = terms.CalendarFor(ParseSeverity(issue.severity()));
  const absl::Time since = GetTime(issue.paused_since());
  const absl::Time end = std::min(now, PauseLimit(calendar, issue));
  const auto go_on = [&](google::protobuf::Timestamp& deadline) {
    const absl::Time before = GetTime(deadline);
    if (before > since) SetTime(std::max(before, calendar.Add(end, calendar.Between(since, before))), deadline);
  };
  if (!issue.has_acknowledged_time()) go_on(*issue.mutable_respond_deadline());
  go_on(*issue.mutable_resolve_deadline());
  *issue.mutable_paused() = ToProto(absl::Seconds(issue.paused().seconds()) + calendar.Between(since, end));
  issue.clear_paused_since();
}

}  // namespace

bool IsPauseLimited(const v1::Issue& issue) { return issue.wait_reason() == "parts" || issue.wait_reason() == "third-party"; }

absl::Time RespondBy(Severity severity, absl::Time from, const Terms& terms) {
  return terms.After(&ServiceLevel::respond, severity, from);
}

absl::Time ResolveBy(Severity severity, absl::Time from, const Terms& terms) {
  return terms.After(&ServiceLevel::resolve, severity, from);
}

absl::Time DecideBy(Severity severity, absl::Time from, const Terms& terms) {
  return terms.After(&ServiceLevel::decide, severity, from);
}

void StartClocks(Severity severity, absl::Time from, const Terms& terms, v1::Issue& issue) {
  issue.clear_acknowledged_time();
  issue.clear_paused_since();
  issue.clear_paused();
  issue.clear_wait_reason();
  issue.clear_wake_time();
  issue.clear_claimed_time();
  issue.clear_claimed_party();
  issue.clear_escalations();
  SetTime(RespondBy(severity, from, terms), *issue.mutable_respond_deadline());
  SetTime(ResolveBy(severity, from, terms), *issue.mutable_resolve_deadline());
  *issue.mutable_deadline() = issue.respond_deadline();
}

void StopClocks(v1::Issue& issue) {
  issue.clear_respond_deadline();
  issue.clear_resolve_deadline();
  issue.clear_deadline();
}

void CompleteClocks(const Terms& terms, v1::Issue& issue) {
  if (issue.has_respond_deadline() || HasNoClocks(issue)) return;
  *issue.mutable_respond_deadline() = issue.deadline();
  const absl::Time opened = GetTime(issue.opened_time());
  SetTime(ResolveBy(ParseSeverity(issue.severity()), opened, terms), *issue.mutable_resolve_deadline());
}

void AdjustClocks(bool worse, Severity severity, absl::Time now, const Terms& terms, v1::Issue& issue) {
  if (HasNoClocks(issue)) return;
  // A clock that stands still gets what has passed since then when it goes on.
  const absl::Time from = issue.has_paused_since() ? GetTime(issue.paused_since()) : now;
  const auto adjust = [&](google::protobuf::Timestamp& deadline, auto by) {
    const absl::Time before = GetTime(deadline);
    if (worse) SetTime(std::min(before, by(severity, from, terms)), deadline);
    if (!worse && before > from) SetTime(std::max(before, by(severity, GetTime(issue.opened_time()), terms)), deadline);
  };
  adjust(*issue.mutable_respond_deadline(), RespondBy);
  adjust(*issue.mutable_resolve_deadline(), ResolveBy);
  SetNextDeadline(issue);
}

void PauseClock(absl::Time now, v1::Issue& issue) { SetTime(now, *issue.mutable_paused_since()); }

void ResumeAll(absl::Time now, const Terms& terms, v1::Issue& issue) {
  ResumeClock(now, terms, issue);
  SetNextDeadline(issue);
}

bool EndLongPause(absl::Time now, const Terms& terms, v1::Issue& issue) {
  if (!issue.has_paused_since() || now < PauseLimit(terms.CalendarFor(ParseSeverity(issue.severity())), issue)) return false;
  ResumeClock(now, terms, issue);
  return true;
}

void LeaveState(absl::Time now, const Terms& terms, v1::Issue& issue) {
  ResumeClock(now, terms, issue);
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
  } else if (HasNoClocks(issue)) {
    issue.clear_deadline();
  } else if (state == "open" || state == "pending") {
    *issue.mutable_deadline() = issue.respond_deadline();
  } else if (state == "acknowledged" || state == "claimed") {
    *issue.mutable_deadline() = issue.resolve_deadline();
  }
}

}  // namespace steward::collector
