// The part of the book that tells again: one step up that a clock runs out, and whose move it is what nobody takes.
#include "base/text.h"
#include "collector/issues/escalation.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"
#include "collector/issues/urgency.h"

namespace steward::collector {

void IssueBook::KeepDeadlines(absl::Time now, std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    const v1::Issue& issue = entry.record.issue;
    if (!entry.IsLiveIssue() || entry.hidden || issue.drill() || HasNoClocks(issue) || IsPausedByWindow(issue)) continue;
    const Terms terms = TermsOfIssue(issue);
    const auto due = DueEscalations(issue, now, terms);
    if (!due.empty()) Escalate(due, now, entry, out);
    const absl::Time told = entry.told_mover == absl::InfinitePast() ? GetTime(issue.opened_time()) : entry.told_mover;
    if (RemindAt(issue, told, terms) <= now) Remind(now, entry, out);
  }
}

// Several at once after a time in which the collector did not run: all are taken, and told as one.
void IssueBook::Escalate(const std::vector<const EscalationStep*>& due, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  v1::Issue& issue = entry.record.issue;
  std::vector<std::string> parties;
  for (const EscalationStep* step : due) {
    issue.add_escalations(std::string(step->id));
    for (const std::string_view party : step->to) {
      if (!party.empty()) parties.push_back(party == kMover ? issue.party() : std::string(party));
    }
  }
  IssueEventRecord event{issue.id(), now, "rules", "escalated", "", std::string(due.back()->id), std::string(due.back()->words)};
  TellAgain(std::move(event), std::move(parties), entry, out);
}

void IssueBook::Remind(absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  TellAgain({entry.record.issue.id(), now, "rules", "reminded", "", "", "nobody has taken it yet"}, {}, entry, out);
}

void IssueBook::TellAgain(IssueEventRecord event, std::vector<std::string> parties, Entry& entry, std::vector<IssueChange>& out) {
  v1::Evidence& evidence = *entry.record.issue.mutable_evidence();
  (*evidence.mutable_details())[kEscalatedDetail] = event.reason;
  Store(entry, std::move(event), "updated", out, std::move(parties));
  evidence.mutable_details()->erase(kEscalatedDetail);
}

}  // namespace steward::collector
