// Practice: an issue about nothing that goes the way of a real one.
#include "base/text.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {

absl::StatusOr<v1::Issue> IssueBook::Drill(const Rule& rule, const MachineRecord& machine, const Actor& actor, absl::Time now,
                                           std::vector<IssueChange>& out) {
  if (absl::Status status = Permit(actor.role, "pending", Happening::kCreate); !status.ok()) return status;
  const std::string key = DedupeKey(machine.id, "drill", rule.type());
  if (const auto known = entries_.find(key); known != entries_.end()) {
    if (known->second.IsLiveIssue()) {
      return absl::AlreadyExistsError(StrCat("this drill is under way: issue ", known->second.record.issue.id()));
    }
    Transit(Happening::kQuiet, "another drill", now, known->second, out);
    entries_.erase(known);
  }
  const IssueText text = rule.Describe(machine, Finding(), kDrillSeverity);
  v1::Issue issue;
  issue.set_type(std::string(rule.type()));
  issue.set_drill(true);
  issue.set_machine_id(machine.id);
  issue.set_host_name(machine.host_name);
  issue.set_site(machine.site);
  issue.set_class_(machine.machine_class);
  issue.set_title(StrCat("DRILL: ", text.title));
  issue.set_summary(StrCat("This is practice, nothing is wrong: handle it as if it were true of ", machine.host_name, "."));
  issue.set_meaning("Nothing. What counts is that this arrived, and that somebody takes it.");
  issue.set_next_step(text.next_step);
  issue.set_severity(std::string(SeverityName(kDrillSeverity)));
  issue.set_party(std::string(rule.party()));
  issue.set_state("pending");
  return OpenByPerson(key, std::move(issue), actor, now, out);
}

void IssueBook::EndDrills(absl::Time now, std::vector<IssueChange>& out) {
  for (auto& [key, entry] : entries_) {
    v1::Issue& issue = entry.record.issue;
    if (!issue.drill() || !entry.IsLiveIssue() || now - GetTime(issue.opened_time()) < kDrillTime) continue;
    SetTime(now, *issue.mutable_resolved_time());
    Transit(Happening::kFalse, "the drill is over", now, entry, out);
  }
}

}  // namespace steward::collector
