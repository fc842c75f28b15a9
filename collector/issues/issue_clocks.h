// The clocks of an issue: until when its party responds and resolves, when the resolve clock stands still, and which of all
// dates comes next. Times are those of the service levels, pauses the catalogue's (section 2), both counted on
// the site's calendar.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "collector/issues/service_level.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

absl::Time RespondBy(Severity severity, absl::Time from, const Terms& terms);
absl::Time ResolveBy(Severity severity, absl::Time from, const Terms& terms);
absl::Time DecideBy(Severity severity, absl::Time from, const Terms& terms);  // the IT manager

// What was wrong before anybody looked is worked off in waves (catalogue, "First weeks"): no clock runs for it, nor for the
// report of it.
inline constexpr std::string_view kInitialFindings = "initial-findings";
inline bool HasNoClocks(const v1::Issue& issue) { return issue.initial_finding() || issue.type() == kInitialFindings; }
void StopClocks(v1::Issue& issue);
// Fresh clocks, for an issue that opens (again) at `from`.
void StartClocks(Severity severity, absl::Time from, const Terms& terms, v1::Issue& issue);
// Gives an issue that was stored before there were clocks those that it lacks.
void CompleteClocks(const Terms& terms, v1::Issue& issue);
// Its severity has changed to `severity`. A worse one shortens the deadlines; a lesser one lengthens those not missed yet.
void AdjustClocks(bool worse, Severity severity, absl::Time now, const Terms& terms, v1::Issue& issue);

// The resolve clock stands still from `now` on.
void PauseClock(absl::Time now, v1::Issue& issue);
// The issue leaves its state: a clock that stood still goes on, as much later as it stood (for parts and third parties 10
// working days at most), and the state's date is over. A question left unanswered is no longer the manager's move.
void LeaveState(absl::Time now, const Terms& terms, v1::Issue& issue);

// All of its clocks stood still since the pause began: a maintenance window, or a parent that explained it, is over.
void ResumeAll(absl::Time now, const Terms& terms, v1::Issue& issue);

// What stops the clock of a waiting issue does so for a limited time: parts, a third party.
bool IsPauseLimited(const v1::Issue& issue);

// Waiting for parts or a third party has stopped the clock for as long as it may: it goes on, in the same state. True: it did.
bool EndLongPause(absl::Time now, const Terms& terms, v1::Issue& issue);

// Issue.deadline: the next date, by its state.
void SetNextDeadline(v1::Issue& issue);

}  // namespace steward::collector
