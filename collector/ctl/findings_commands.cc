#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "collector/ctl/output.h"

namespace steward::collector {

absl::Status FindingsList(const CtlContext& context, const std::string& site) {
  v1::ListIssuesResponse response;
  if (absl::Status called = context.api.Call("IssueService/ListIssues", v1::ListIssuesRequest(), response); !called.ok()) return called;
  auto& issues = *response.mutable_issues();
  const auto is_other = [&](const v1::Issue& issue) { return !issue.initial_finding() || (!site.empty() && issue.site() != site); };
  issues.erase(std::remove_if(issues.begin(), issues.end(), is_other), issues.end());
  std::stable_sort(issues.begin(), issues.end(), [](const v1::Issue& a, const v1::Issue& b) {
    return std::tie(a.site(), a.type(), a.host_name()) < std::tie(b.site(), b.type(), b.host_name());
  });
  if (context.json) return PrintJson(context, response);
  Table table({"SITE", "TYPE", "SEVERITY", "MACHINE", "WHAT", "FOUND", "ID"});
  for (const v1::Issue& issue : issues) {
    table.AddRow({issue.site(), issue.type(), Cell(issue.severity(), SeverityColour(issue.severity())), issue.host_name(),
                  issue.summary().empty() ? issue.title() : issue.summary(),
                  Ago(issue.has_opened_time(), issue.opened_time(), context.now), Cell(issue.id(), Colour::kSoft)});
  }
  if (table.empty()) {
    context.out << "No initial findings.\n";
  } else {
    table.Print(context.out, context.colours);
  }
  return absl::OkStatus();
}

absl::Status FindingsRelease(const CtlContext& context, const std::vector<v1::ReleaseFindingsRequest>& requests) {
  v1::ReleaseFindingsResponse all;
  for (const v1::ReleaseFindingsRequest& request : requests) {
    v1::ReleaseFindingsResponse response;
    if (absl::Status called = context.api.Call("IssueService/ReleaseFindings", request, response); !called.ok()) return called;
    all.MergeFrom(response);
    if (context.json) continue;
    context.out << response.issues_size() << (response.issues_size() == 1 ? " finding" : " findings")
                << (request.type().empty() ? "" : StrCat(" of ", Printable(request.type())))
                << (request.has_accept_until() ? " accepted.\n" : " released: messages leave and clocks run from now on.\n");
  }
  return context.json ? PrintJson(context, all) : absl::OkStatus();
}

}  // namespace steward::collector
