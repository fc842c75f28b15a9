// The part of the book that holds initial findings: what was wrong before anybody looked is one report for the IT manager, who
// releases it in waves or accepts it.
#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

constexpr std::size_t kMachinesNamed = 5;  // of a type
constexpr std::size_t kTypesNamed = 20;

std::string ReportKey(const std::string& site) { return DedupeKey(StrCat("site:", site), kInitialFindings, ""); }

bool IsAsked(const v1::Issue& issue, const v1::ReleaseFindingsRequest& request) {
  return issue.initial_finding() && (request.type().empty() || issue.type() == request.type()) &&
         (request.site().empty() || issue.site() == request.site());
}

std::string CountText(std::size_t count, std::string_view what) { return StrCat(count, " ", what, count == 1 ? "" : "s"); }

// "disk-space-low on SRV-A, SRV-B and 3 more"
std::string TypeText(const std::string& type, const std::set<std::string>& machines) {
  const std::size_t named = std::min(machines.size(), kMachinesNamed);
  std::string text = StrCat(type, " on ", ToStd(absl::StrJoin(machines.begin(), std::next(machines.begin(), static_cast<std::ptrdiff_t>(named)), ", ")));
  if (named < machines.size()) StrAppend(&text, " and ", machines.size() - named, " more");
  return text;
}

}  // namespace

struct IssueBook::SiteFindings {
  std::map<std::string, std::set<std::string>> machines;  // by type
  std::set<std::string> all_machines;
  std::size_t count = 0;
  Severity worst = Severity::kNone;
  absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();  // when they were found

  void Add(const v1::Issue& issue) {
    machines[issue.type()].insert(issue.host_name());
    all_machines.insert(issue.host_name());
    ++count;
    worst = std::max(worst, ParseSeverity(issue.severity()));
    first = std::min(first, GetTime(issue.opened_time()));
    last = std::max(last, GetTime(issue.opened_time()));
  }
  std::string Summary(const std::string& site) const {
    std::string text = StrCat("When ", site, " was first looked at, ", CountText(count, "thing"), count == 1 ? " was" : " were",
                              " wrong already on ", CountText(all_machines.size(), "machine"), ": ");
    std::size_t named = 0;
    for (const auto& [type, names] : machines) {
      if (++named > kTypesNamed) break;
      StrAppend(&text, named == 1 ? "" : "; ", TypeText(type, names));
    }
    if (machines.size() > kTypesNamed) StrAppend(&text, "; and ", CountText(machines.size() - kTypesNamed, "more type"));
    return StrCat(text, ".");
  }
};

void IssueBook::HoldBack(const MachineRecord& machine, absl::Time now, Entry& entry) {
  v1::Issue& issue = entry.record.issue;
  issue.set_initial_finding(entry.first_look && first_weeks_.Holds(machine, issue.type(), ParseSeverity(issue.severity()), now));
  if (issue.initial_finding()) StopClocks(issue);
}

bool IssueBook::FreeIfWorse(const MachineRecord& machine, Severity severity, absl::Time now, v1::Issue& issue) const {
  if (!issue.initial_finding() || first_weeks_.Holds(machine, issue.type(), severity, now)) return false;
  Free(severity, now, issue);
  return true;
}

void IssueBook::Free(Severity severity, absl::Time now, v1::Issue& issue) const {
  issue.set_initial_finding(false);
  SetTime(now, *issue.mutable_opened_time());  // its clocks begin there; since when it is true stays
  StartClocks(severity, now, TermsOfIssue(issue), issue);
}

absl::StatusOr<std::vector<v1::Issue>> IssueBook::ReleaseFindings(const v1::ReleaseFindingsRequest& request, const Actor& actor,
                                                                  absl::Time now, std::vector<IssueChange>& out) {
  if (request.type().empty() && request.site().empty()) {
    return absl::InvalidArgumentError("say which findings: those of a type, of a site, or both");
  }
  std::vector<v1::Issue> released;
  std::vector<IssueChange> changes;  // all of them or none
  for (auto& [key, entry] : entries_) {
    if (!entry.IsLiveIssue() || !IsAsked(entry.record.issue, request)) continue;
    v1::Issue issue = entry.record.issue;
    Free(ParseSeverity(issue.severity()), now, issue);
    IssueEventRecord event{issue.id(), now, actor.record, "released", issue.state(), issue.state(), request.reason()};
    std::string_view notify = "opened";  // nobody has heard of it yet
    if (request.has_accept_until()) {
      v1::ActOnIssueRequest accept;
      accept.set_reason(request.reason());
      *accept.mutable_accept()->mutable_review_time() = request.accept_until();
      const auto outcome = TakeAction(accept, actor, now, TermsOfIssue(issue), issue);
      if (!outcome.ok()) return outcome.status();  // of the first one, as of all: nothing has changed yet
      event.action = std::string(outcome->action);
      event.to = outcome->to;
      notify = outcome->notify;
    }
    entry.record.issue = issue;
    Store(entry, std::move(event), notify, changes);
    released.push_back(std::move(issue));
  }
  if (released.empty()) {
    return absl::NotFoundError(StrCat("there are no initial findings", request.type().empty() ? "" : StrCat(" of type \"", request.type(), "\""),
                                      request.site().empty() ? "" : StrCat(" at site \"", request.site(), "\""),
                                      "; `stewardctl findings list` shows those there are"));
  }
  out.insert(out.end(), std::make_move_iterator(changes.begin()), std::make_move_iterator(changes.end()));
  return released;
}

void IssueBook::ReportFindings(absl::Time now, std::vector<IssueChange>& out) {
  std::map<std::string, SiteFindings> sites;
  for (const auto& [key, entry] : entries_) {
    if (!entry.IsLiveIssue()) continue;
    const v1::Issue& issue = entry.record.issue;
    if (issue.initial_finding()) sites[issue.site()].Add(issue);
    if (issue.type() == kInitialFindings) sites.try_emplace(issue.site());  // there may be none left
  }
  for (const auto& [site, findings] : sites) {
    const auto report = entries_.find(ReportKey(site));
    if (report != entries_.end() && report->second.IsLiveIssue()) {
      ContinueReport(findings, now, report->second, out);
    } else if (const absl::Time told = LastReported(site); findings.last > told && now - std::max(findings.first, told) >= kGatherFindings) {
      if (report != entries_.end()) Transit(Happening::kQuiet, "another report", now, report->second, out);
      OpenReport(site, findings, now, entries_[ReportKey(site)], out);
    }
  }
}

absl::Time IssueBook::LastReported(const std::string& site) const {
  const auto found = reported_.find(site);
  return found == reported_.end() ? absl::InfinitePast() : found->second;
}

// The entry's `judged` is when it was told last.
void IssueBook::OpenReport(const std::string& site, const SiteFindings& findings, absl::Time now, Entry& entry,
                           std::vector<IssueChange>& out) {
  entry = Entry();
  entry.record.dedupe_key = ReportKey(site);
  v1::Issue& issue = entry.record.issue;
  issue.set_id(IssueId(entry.record.dedupe_key, now));
  issue.set_type(std::string(kInitialFindings));
  issue.set_site(site);
  issue.set_title("Initial findings");
  issue.set_summary(findings.Summary(site));
  issue.set_meaning("Nobody is told of them one by one and no clock runs for them, until they are released or accepted.");
  issue.set_next_step("Look at them (`stewardctl findings list`), then release them type by type (`stewardctl findings release "
                      "TYPE`) or accept them with a reason.");
  issue.set_severity(std::string(SeverityName(findings.worst)));
  issue.set_party("it-manager");
  issue.set_state("pending");
  SetTime(findings.first, *issue.mutable_raised_time());
  SetTime(now, *issue.mutable_opened_time());
  entry.has_issue = true;
  entry.judged = reported_[site] = now;
  entry.reach = findings.worst;
  Transit(Happening::kTrue, CountText(findings.count, "finding"), now, entry, out);
}

void IssueBook::ContinueReport(const SiteFindings& findings, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  if (findings.count == 0) {
    SetTime(now, *issue.mutable_resolved_time());
    Transit(Happening::kFalse, "all are released or over", now, entry, out);
    return;
  }
  const std::string summary = findings.Summary(issue.site());
  const bool tell = findings.last > entry.judged && now - entry.judged >= kGatherFindings;
  if (summary == issue.summary() && !tell) return;
  issue.set_summary(summary);
  issue.set_severity(std::string(SeverityName(findings.worst)));
  entry.reach = std::max(entry.reach, findings.worst);
  std::optional<IssueEventRecord> event;
  if (tell) {
    entry.judged = reported_[issue.site()] = now;
    event = {issue.id(), now, "rules", "updated", "", "", CountText(findings.count, "finding")};
  }
  Store(entry, std::move(event), tell ? "updated" : "", out);
}

}  // namespace steward::collector
