#include "collector/ctl/output.h"

namespace steward::collector {
namespace {

void PrintOutcome(const CtlContext& context, const v1::Issue& issue) {
  context.out << "Issue " << issue.id() << " is " << issue.state();
  if (!issue.wait_reason().empty()) context.out << " for " << issue.wait_reason();
  context.out << ", " << issue.severity();
  if (issue.state() != "closed") {
    context.out << "; the move is the " << issue.party() << "'s";
    if (!issue.assignee().empty()) context.out << " (" << Printable(issue.assignee()) << ")";
    if (issue.has_deadline()) context.out << ", due " << BothTimes(true, issue.deadline(), context.now);
  }
  context.out << ".\n";
}

}  // namespace

absl::Status IssueAct(const CtlContext& context, const v1::ActOnIssueRequest& request) {
  v1::ActOnIssueResponse response;
  if (absl::Status called = context.api.Call("IssueService/ActOnIssue", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintOutcome(context, response.issue());
  const v1::Decision& decision = response.issue().decision();
  if (!decision.proposal().empty() && decision.answer().empty()) {
    context.notes << "The IT manager has to say yes: stewardctl issue decide " << response.issue().id() << " --answer yes\n";
  }
  return absl::OkStatus();
}

absl::Status IssueCreate(const CtlContext& context, const v1::CreateIssueRequest& request) {
  v1::CreateIssueResponse response;
  if (absl::Status called = context.api.Call("IssueService/CreateIssue", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintOutcome(context, response.issue());
  return absl::OkStatus();
}

absl::Status IssueDrill(const CtlContext& context, const v1::DrillIssueRequest& request) {
  v1::DrillIssueResponse response;
  if (absl::Status called = context.api.Call("IssueService/DrillIssue", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  PrintOutcome(context, response.issue());
  context.notes << "It goes the way of a real one and ends by itself after 24 hours: stewardctl issue show " << response.issue().id() << "\n";
  return absl::OkStatus();
}

}  // namespace steward::collector
