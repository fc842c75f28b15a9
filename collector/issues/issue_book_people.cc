// The part of the book that people and the clock write.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

std::string DateReason(const v1::Issue& issue) {
  if (issue.state() == "waiting") return StrCat("expected by now: ", issue.wait_reason());
  return issue.state() == "snoozed" ? "the snooze is over" : "the accepted risk is to be reviewed";
}

}  // namespace

absl::StatusOr<v1::Issue> IssueBook::Act(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now,
                                         std::vector<IssueChange>& out) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& known) {
    return known.second.has_issue && known.second.record.issue.id() == request.id();
  });
  if (found == entries_.end()) return absl::NotFoundError(StrCat("no issue \"", request.id(), "\" that is not closed"));
  Entry& entry = found->second;
  v1::Issue& issue = entry.record.issue;
  v1::Issue changed = issue;
  // Who does something about an initial finding has released it.
  if (issue.initial_finding() && !request.has_comment()) Free(ParseSeverity(issue.severity()), now, changed);
  auto outcome = TakeAction(request, actor, now, TermsOfIssue(changed), changed);
  if (!outcome.ok()) return outcome.status();
  issue = changed;
  entry.reach = std::max(entry.reach, ParseSeverity(issue.severity()));
  IssueEventRecord event{issue.id(),   now, actor.record, std::string(outcome->action), std::move(outcome->from),
                         outcome->to, std::move(outcome->reason)};
  if (issue.state() == "closed") {
    issue.clear_parent_id();
    issue.clear_window_id();
  }
  Store(entry, std::move(event), outcome->notify, out);
  changed = issue;
  if (changed.state() == "closed") {
    const std::string key = found->first;
    Forget(key, entry, out);
    if (entry.raised == absl::InfinitePast()) entries_.erase(key);
  }
  return changed;
}

// A condition that is true still would be an issue again with the next sample.
void IssueBook::Forget(const std::string& key, Entry& entry, std::vector<IssueChange>& out) {
  ended_.insert_or_assign(key, entry.record.issue.id());
  entry.has_issue = false;
  entry.dismissed = entry.Level();
  entry.dismissed_value = entry.evidence.latest().value();
  entry.first_look = false;  // if it gets worse, that is news
  if (entry.dismissed == Severity::kNone) {
    entry.raised = absl::InfinitePast();
  } else {
    StorePending(key, entry, out);
  }
}

absl::StatusOr<v1::Issue> IssueBook::Create(const v1::CreateIssueRequest& request, const MachineRecord* machine,
                                            const Actor& actor, absl::Time now, std::vector<IssueChange>& out) {
  auto issue = MakeManualIssue(request, actor);
  if (!issue.ok()) return issue.status();
  if (machine == nullptr && request.site().empty()) return absl::InvalidArgumentError("name a machine or a site");
  issue->set_site(machine == nullptr ? request.site() : machine->site);
  if (machine != nullptr) {
    issue->set_machine_id(machine->id);
    issue->set_host_name(machine->host_name);
    issue->set_class_(machine->machine_class);
  }
  const std::string scope = machine == nullptr ? StrCat("site:", request.site()) : machine->id;
  std::int64_t number = absl::ToUnixMillis(now);
  const auto key_of = [&] { return DedupeKey(scope, "manual", std::to_string(number)); };
  while (entries_.contains(key_of())) ++number;
  return OpenByPerson(key_of(), *std::move(issue), actor, now, out);
}

v1::Issue IssueBook::OpenByPerson(const std::string& key, v1::Issue issue, const Actor& actor, absl::Time now,
                                  std::vector<IssueChange>& out) {
  Entry& entry = entries_[key];
  entry.record.dedupe_key = key;
  issue.set_id(IssueId(key, now));
  SetTime(now, *issue.mutable_raised_time());
  SetTime(now, *issue.mutable_opened_time());
  StartClocks(ParseSeverity(issue.severity()), now, TermsOfIssue(issue), issue);
  const Transition& transition = *FindTransition(issue.state(), Happening::kCreate);
  EnterState(transition, issue);
  entry.record.issue = std::move(issue);
  entry.has_issue = true;
  entry.reach = ParseSeverity(entry.record.issue.severity());
  IssueEventRecord event{entry.record.issue.id(), now,  actor.record, std::string(transition.action), "",
                         std::string(transition.to), entry.record.issue.title()};
  Store(entry, std::move(event), transition.notify, out);
  return entry.record.issue;
}

void IssueBook::KeepDates(absl::Time now, std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    v1::Issue& issue = entry.record.issue;
    const bool may_pause_too_long = entry.IsLiveIssue() && issue.has_paused_since() && IsPauseLimited(issue);
    if (may_pause_too_long && EndLongPause(now, TermsOfIssue(issue), issue)) Store(entry, std::nullopt, "", out);
    if (!entry.IsLiveIssue() || !issue.has_wake_time() || GetTime(issue.wake_time()) > now || IsPausedByWindow(issue)) continue;
    Transit(Happening::kDateCome, DateReason(issue), now, entry, out);
  }
}

}  // namespace steward::collector
