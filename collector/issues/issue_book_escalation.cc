// The part of the book that tells one step up that a clock runs out.
#include "base/text.h"
#include "collector/issues/escalation.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {

void IssueBook::KeepDeadlines(absl::Time now, std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    const v1::Issue& issue = entry.record.issue;
    if (!entry.IsLiveIssue() || entry.hidden || issue.drill() || HasNoClocks(issue) || IsPausedByWindow(issue)) continue;
    const auto due = DueEscalations(issue, now, TermsOfIssue(issue));
    if (!due.empty()) Escalate(due, now, entry, out);
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
  const std::string words(due.back()->words);
  IssueEventRecord event{issue.id(), now, "rules", "escalated", "", std::string(due.back()->id), words};
  (*issue.mutable_evidence()->mutable_details())[kEscalatedDetail] = words;
  Store(entry, std::move(event), "updated", out);
  issue.mutable_evidence()->mutable_details()->erase(kEscalatedDetail);  // of this message alone
  out.back().parties = std::move(parties);
}

}  // namespace steward::collector
