// What a person's action makes of an issue. Pure: no clock, no storage.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/issues/actor.h"
#include "collector/issues/lifecycle.h"
#include "collector/issues/service_level.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

struct ActionOutcome {
  Happening happening;      // what the request came to: a partner's close is an Ask
  std::string_view action;  // for the history, as in Transition
  std::string_view notify;
  std::string from, to;     // what changed: the state, the party, the assignee, the severity
  std::string reason;
};

// Changes `issue` as the request says. An error changes nothing: those of Permit, and InvalidArgument naming what to write
// instead. `issue` was made by the rules or by MakeManualIssue, and is live or resolved.
absl::StatusOr<ActionOutcome> TakeAction(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now,
                                         const Terms& terms, v1::Issue& issue);

// A pending issue as a person reports it, without id, machine and clocks. InvalidArgument: no title, no such severity or
// party, a text that is too long.
absl::StatusOr<v1::Issue> MakeManualIssue(const v1::CreateIssueRequest& request, const Actor& actor);

// Data does not end it, a person does: by its type, or because it is a drill.
bool IsClosedByPerson(const v1::Issue& issue);

// Takes the state that the transition leads to.
void EnterState(const Transition& transition, v1::Issue& issue);

}  // namespace steward::collector
