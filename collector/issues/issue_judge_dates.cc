// The part of the judge that goes by the calendar: dates that people entered, and when they work.
#include "collector/issues/issue_judge.h"

namespace steward::collector {

void IssueJudge::JudgeDates(MachineWatch& watch, absl::Time now, JudgeOutput& out) {
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const RuleSettings& settings = watch.settings[i];
    if (!rules_[i]->judges_dates() || (!settings.enabled() && !settings.has_subjects())) continue;
    findings.clear();
    rules_[i]->JudgeDates({watch.record, now, watch.series, i}, settings, findings);
    for (Finding& finding : findings) {
      const RuleSettings& here = settings.For(finding.subject);
      if (here.enabled()) Tell(watch.record, *rules_[i], here, std::move(finding), now, out);
    }
  }
}

void IssueJudge::CloseWhatIsTakenOut(const MachineRecord& record, const Rule& rule, absl::Time now, JudgeOutput& out) {
  book_.CloseSubjects(record.id, rule.type(), [&](std::string_view subject) { return !rule.Knows(record, subject); },
                      "it is no longer in the register", now, out.changes);
}

std::optional<absl::CivilDay> IssueJudge::WorkdayAt(const MachineRecord& machine, absl::Time time) const {
  static const SiteTerms none;
  return (terms_of_ ? terms_of_(machine.site) : none).calendar.WorkdayAt(time);
}

}  // namespace steward::collector
