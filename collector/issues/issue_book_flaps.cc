// The part of the book that keeps what comes and goes open.
#include "base/duration.h"
#include "base/text.h"
#include "collector/issues/issue_book.h"

namespace steward::collector {

void IssueBook::MarkFlapping(const Finding& finding, absl::Time now, Entry& entry, std::vector<IssueChange>& out) {
  absl::Duration quiet;
  for (std::size_t i = 0; i < finding.levels.size(); ++i) {
    const LevelLatch& level = entry.levels[i];
    if (!level.up) continue;
    if (!level.falling || level.observed < finding.levels[i].clear) return;  // not over without the flaps either
    quiet = std::max(quiet, entry.flaps.ClearTime(finding.levels[i].clear, true, finding.time));
  }
  if (!entry.flaps.Begin(finding.time)) return;
  v1::Issue& issue = entry.record.issue;
  issue.set_flapping(true);
  *issue.mutable_evidence() = entry.evidence;
  const bool quieted = issue.state() == "snoozed" || issue.state() == "accepted";
  IssueEventRecord event{issue.id(), now, "rules", "flapping", "", "",
                         StrCat("the ", FlapDamping::kRounds, "rd time within ", absl::ToInt64Hours(FlapDamping::kWithin),
                                " h that it cleared; it stays open until it has been quiet for ", DurationText(quiet))};
  Store(entry, std::move(event), quieted ? "" : "updated", out);
}

}  // namespace steward::collector
