#include <charconv>

#include "absl/strings/str_join.h"
#include "base/human_text.h"
#include "collector/ctl/output.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {
namespace {

std::string ValueText(double value, const std::string& unit) {
  if (unit == "bytes" || unit == "B") return ByteSize(value);
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr;
  return std::string(text, end) + (unit.empty() ? "" : " " + unit);
}

void PrintEvidence(const CtlContext& context, const v1::Evidence& evidence) {
  PrintHeading(context, "Evidence");
  Details details;
  details.AddIfAny("Metric", evidence.metric());
  if (evidence.threshold() != 0) details.Add("Threshold", ValueText(evidence.threshold(), evidence.unit()));
  const auto point = [&](const char* name, bool present, const v1::EvidencePoint& at) {
    if (present) details.Add(name, ValueText(at.value(), evidence.unit()) + ", " + BothTimes(at.has_time(), at.time(), context.now));
  };
  point("First", evidence.has_first(), evidence.first());
  point("Worst", evidence.has_worst(), evidence.worst());
  point("Latest", evidence.has_latest(), evidence.latest());
  for (const auto& [name, value] : std::map<std::string, std::string>(evidence.details().begin(), evidence.details().end())) {
    details.Add(name, value);
  }
  details.AddIfAny("Rule", evidence.rule_version());
  details.Print(context);
}

std::string StateText(const CtlContext& context, const v1::Issue& issue) {
  std::string text = issue.state();
  if (!issue.wait_reason().empty()) text += " for " + issue.wait_reason();
  if (issue.has_wake_time()) text += ", until " + BothTimes(true, issue.wake_time(), context.now);
  if (issue.initial_finding()) text += ", an initial finding: no clock runs until it is released";
  if (issue.flapping()) text += ", comes and goes";
  if (issue.self_cleared()) text += ", by itself";
  if (!issue.window_id().empty()) text += ", in maintenance window " + issue.window_id();
  return text + (issue.stale() ? ", the machine is silent since" : "");
}

// Whose move it is, and the clocks.
void AddWork(const CtlContext& context, const v1::Issue& issue, Details& details) {
  details.Add("Severity", issue.severity() + (issue.rule_severity().empty() ? "" : ", by the rule " + issue.rule_severity()));
  details.AddIfAny("Move of", issue.party() + (issue.assignee().empty() ? "" : ", " + issue.assignee()));
  const auto time = [&](const char* name, bool present, const google::protobuf::Timestamp& at, const std::string& more = "") {
    if (present) details.Add(name, BothTimes(true, at, context.now) + more);
  };
  time("Due", issue.has_deadline(), issue.deadline());
  if (!issue.has_acknowledged_time()) time("Respond by", issue.has_respond_deadline(), issue.respond_deadline());
  time("Acknowledged", issue.has_acknowledged_time(), issue.acknowledged_time());
  time("Resolve by", issue.has_resolve_deadline(), issue.resolve_deadline(),
       issue.has_paused_since() ? ", the clock stands still" : "");
  if (issue.paused().seconds() > 0) details.Add("Stood still", RoughDuration(absl::Seconds(issue.paused().seconds())) + " of work");
  time("Claimed", issue.has_claimed_time(), issue.claimed_time(), ", by the " + issue.claimed_party());
  if (issue.claims_refused() > 0) details.Add("Not confirmed", std::to_string(issue.claims_refused()) + " claims");
}

void PrintDecision(const CtlContext& context, const v1::Decision& decision) {
  PrintHeading(context, "Decision");
  Details details;
  details.Add("Question", decision.question());
  for (const v1::DecisionOption& option : decision.options()) {
    details.Add("Option", option.text() + (option.cost().empty() ? "" : ", " + option.cost()) +
                              (option.text() == decision.recommendation() ? " (recommended)" : ""));
  }
  details.Add("Asked", BothTimes(decision.has_asked_time(), decision.asked_time(), context.now) + " by " + decision.asked_by());
  if (decision.answer().empty()) {
    details.Add("Due", BothTimes(decision.has_due_time(), decision.due_time(), context.now));
  } else {
    details.Add("Answer", decision.answer());
    details.Add("Answered", BothTimes(true, decision.answered_time(), context.now) + " by " + decision.answered_by());
  }
  details.Print(context);
}

}  // namespace

absl::Status Issues(const CtlContext& context, const IssuesArguments& arguments) {
  v1::ListIssuesRequest request;
  request.set_include_closed(arguments.all);
  request.set_machine(arguments.machine);
  request.set_type(arguments.type);
  v1::ListIssuesResponse response;
  if (absl::Status called = context.api.Call("IssueService/ListIssues", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  Table table({"SEVERITY", "STATE", "MACHINE", "ISSUE", "OPENED", "MOVE", "DUE", "ID"});
  for (const v1::Issue& issue : response.issues()) {
    table.AddRow({Cell(issue.severity(), SeverityColour(issue.severity())), issue.state(),
                  issue.host_name().empty() ? issue.site() : issue.host_name(),
                  issue.title().empty() ? issue.type() : issue.title(),
                  Ago(issue.has_opened_time(), issue.opened_time(), context.now), issue.party(),
                  issue.initial_finding() ? "not released" : issue.has_deadline() ? Ago(true, issue.deadline(), context.now) : "", Cell(issue.id(), Colour::kSoft)});
  }
  if (table.empty()) {
    context.out << (arguments.all ? "No issues.\n" : "Nothing is open.\n");
  } else {
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

absl::Status IssueShow(const CtlContext& context, const std::string& id) {
  v1::GetIssueRequest request;
  request.set_id(id);
  v1::GetIssueResponse response;
  if (absl::Status called = context.api.Call("IssueService/GetIssue", request, response); !called.ok()) return called;
  if (context.json) return PrintJson(context, response);
  const v1::Issue& issue = response.issue();
  context.out << Coloured(issue.severity(), SeverityColour(issue.severity()), context.colours) << ": "
              << Printable(issue.title().empty() ? issue.type() : issue.title()) << "\n\n";
  Details details;
  details.Add("Id", issue.id());
  details.Add("Type", issue.type());
  details.AddIfAny("Machine", issue.host_name());
  details.AddIfAny("Site", issue.site());
  details.AddIfAny("Subject", issue.subject());
  details.Add("State", StateText(context, issue));
  details.Add("True since", BothTimes(issue.has_raised_time(), issue.raised_time(), context.now));
  details.Add("Opened", BothTimes(issue.has_opened_time(), issue.opened_time(), context.now));
  if (issue.has_resolved_time()) details.Add("Resolved", BothTimes(true, issue.resolved_time(), context.now));
  AddWork(context, issue, details);
  if (!issue.escalations().empty()) details.Add("Escalated", absl::StrJoin(issue.escalations(), ", "));
  if (issue.reopened() > 0) details.Add("Reopened", std::to_string(issue.reopened()) + " times");
  details.AddIfAny("Part of", issue.parent_id());
  details.AddIfAny("Came after", issue.previous_id());
  details.AddIfAny("What", issue.summary());
  details.AddIfAny("Meaning", issue.meaning());
  details.AddIfAny("Next", issue.next_step());
  details.AddIfAny("How to", issue.runbook());
  details.AddIfAny("Connect", issue.remote_link());
  details.Print(context);
  if (issue.has_decision()) PrintDecision(context, issue.decision());
  if (issue.has_evidence()) PrintEvidence(context, issue.evidence());
  if (!response.history().empty()) {
    PrintHeading(context, "History");
    Table table({"WHEN", "WHO", "WHAT", "FROM", "TO", "WHY"});
    for (const v1::IssueEvent& event : response.history()) {
      table.AddRow({Ago(event.has_time(), event.time(), context.now), event.actor(), event.action(), event.from(), event.to(),
                    event.reason()});
    }
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
