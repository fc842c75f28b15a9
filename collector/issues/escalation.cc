#include "collector/issues/escalation.h"

#include <algorithm>
#include <optional>

#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"
#include "collector/rules/severity.h"

namespace steward::collector {
namespace {

// clang-format off
constexpr EscalationStep kSteps[] = {
    {"respond-50",  EscalationClock::kRespond, 50,  {kMover},                  "half of the time to respond has passed"},
    {"respond-100", EscalationClock::kRespond, 100, {"partner", "it-manager"}, "the time to respond was missed"},
    {"resolve-75",  EscalationClock::kResolve, 75,  {kMover},                  "three quarters of the time to resolve have passed"},
    {"resolve-100", EscalationClock::kResolve, 100, {"it-manager"},            "the time to resolve was missed"},
    {"resolve-200", EscalationClock::kResolve, 200, {"owner"},                 "the time to resolve was missed long ago"},
    {"decide-100",  EscalationClock::kDecide,  100, {"it-manager"},            "the decision is overdue"},
    {"decide-200",  EscalationClock::kDecide,  200, {"owner"},                 "the decision is long overdue"},
};
// clang-format on

// A clock that runs: what it gives in working time, and until when.
struct Run {
  absl::Duration whole;
  absl::Time deadline;
};

bool IsBeingWorkedOn(std::string_view state) {
  return state == "open" || state == "acknowledged" || state == "waiting" || state == "claimed" || state == "snoozed";
}

std::optional<Run> RunOf(EscalationClock clock, const v1::Issue& issue, const Terms& terms) {
  const Severity severity = ParseSeverity(issue.severity());
  const Calendar& calendar = terms.CalendarFor(severity);
  const absl::Time opened = GetTime(issue.opened_time());
  switch (clock) {
    case EscalationClock::kRespond:
      if (issue.state() != "open" || issue.has_paused_since() || !issue.has_respond_deadline()) return std::nullopt;
      return Run{calendar.Between(opened, RespondBy(severity, opened, terms)), GetTime(issue.respond_deadline())};
    case EscalationClock::kResolve:
      if (!IsBeingWorkedOn(issue.state()) || issue.has_paused_since() || !issue.has_resolve_deadline()) return std::nullopt;
      return Run{calendar.Between(opened, ResolveBy(severity, opened, terms)), GetTime(issue.resolve_deadline())};
    case EscalationClock::kDecide: break;
  }
  const v1::Decision& decision = issue.decision();
  if (issue.wait_reason() != "decision" || !decision.answer().empty() || !decision.has_due_time()) return std::nullopt;
  const absl::Time asked = GetTime(decision.asked_time());
  return Run{calendar.Between(asked, DecideBy(severity, asked, terms)), GetTime(decision.due_time())};
}

bool IsDue(const EscalationStep& step, const v1::Issue& issue, absl::Time now, const Terms& terms) {
  const std::optional<Run> run = RunOf(step.clock, issue, terms);
  if (!run) return false;
  const Severity severity = ParseSeverity(issue.severity());
  const Calendar& calendar = terms.CalendarFor(severity);
  if (step.percent < 100) return calendar.Between(now, run->deadline) * 100 <= run->whole * (100 - step.percent);
  if (step.percent == 100 || now < run->deadline) return now >= run->deadline;
  const bool by_day = step.clock == EscalationClock::kResolve && severity == Severity::kCritical;
  return calendar.Between(run->deadline, now) >= (by_day ? calendar.WorkingDay() : run->whole * (step.percent - 100) / 100);
}

}  // namespace

absl::Span<const EscalationStep> EscalationSteps() { return kSteps; }

const EscalationStep* FindEscalation(std::string_view id) {
  const auto* found = std::find_if(std::begin(kSteps), std::end(kSteps), [&](const EscalationStep& step) { return step.id == id; });
  return found == std::end(kSteps) ? nullptr : found;
}

std::vector<const EscalationStep*> DueEscalations(const v1::Issue& issue, absl::Time now, const Terms& terms) {
  std::vector<const EscalationStep*> due;
  for (const EscalationStep& step : kSteps) {
    const auto& taken = issue.escalations();
    if (std::find(taken.begin(), taken.end(), step.id) == taken.end() && IsDue(step, issue, now, terms)) due.push_back(&step);
  }
  return due;
}

void ForgetEscalations(EscalationClock clock, v1::Issue& issue) {
  auto& taken = *issue.mutable_escalations();
  taken.erase(std::remove_if(taken.begin(), taken.end(), [&](const std::string& id) {
    const EscalationStep* step = FindEscalation(id);
    return step != nullptr && step->clock == clock;
  }), taken.end());
}

}  // namespace steward::collector
