// restore-test-overdue: backups are made, and nobody has tried for long whether they can be restored. A test is entered
// ([[register]]) or told by a script as a metric.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "collector/rules/register_rules.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, restore-test-overdue. Of workstations the later one alone.
constexpr std::array<Threshold, 2> kThresholds = {Threshold{"low_days", 90}, Threshold{"medium_days", 180}};
constexpr std::size_t kTest = 1;  // among the selectors; 0: a backup job is known

class RestoreTestOverdue final : public Rule {
 public:
  explicit RestoreTestOverdue(Register entries)
      : entries_(std::move(entries)),
        selectors_{MetricSelector("steward_backup_last_success_timestamp_seconds"), MetricSelector("steward_restore_test_timestamp_seconds")},
        inputs_{selectors_, {}} {}

  std::string_view type() const override { return "restore-test-overdue"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }
  bool judges_dates() const override { return true; }

  void JudgeDates(const DateSubject& subject, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const MachineRecord& machine = subject.machine;
    if (!IsMeant(machine, subject.series, subject.rule)) return;
    const std::optional<absl::Time> last = LastTest(machine, subject.series, subject.rule);
    const absl::Time since = last ? *last : machine.enrolled_time;
    if (since == absl::InfinitePast()) return;
    Finding finding;
    finding.time = finding.since = subject.now;
    finding.interval = machine.interval;
    finding.metric = "steward_restore_test_timestamp_seconds";
    finding.unit = "d";
    finding.value = absl::ToDoubleHours(subject.now - since) / 24;
    constexpr std::array<Severity, 2> kSeverities = {Severity::kLow, Severity::kMedium};
    for (std::size_t i = IsWorkstation(machine) ? 1 : 0; i < kThresholds.size(); ++i) {
      const double days = settings.Level(kThresholds[i].name);
      finding.levels.push_back({kThresholds[i].name, kSeverities[i], finding.value > days ? Zone::kRaised : Zone::kClear, days,
                                settings.Raise(absl::ZeroDuration()), settings.Clear(absl::ZeroDuration())});
    }
    if (!finding.IsClear()) {
      finding.details["last restore test"] = last ? absl::FormatTime("%Y-%m-%d", *last, absl::UTCTimeZone()) : std::string("none is known");
    }
    out.push_back(std::move(finding));
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const override {
    if (IsMeant(machine, series, rule)) return {1, ""};
    return {0, "neither a backup job nor a [[register]] of kind \"restore-test\" is known of it"};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto last = finding.details.find("last restore test");
    const std::string when = last == finding.details.end() ? "?" : last->second;
    return {"Restore never proven",
            when == "none is known" ? StrCat("No restore of a backup of ", MachineName(machine), " was ever tried, as far as is known.")
                                    : StrCat("The last restore of a backup of ", MachineName(machine), " was tried on ", when, "."),
            "A backup that cannot be restored shows it on the day it is needed.",
            "Restore a sample, look at what came back, and enter it: [[register]] with kind = \"restore-test\" and done = the day."};
  }

 private:
  std::optional<double> Newest(const SeriesTracker& series, std::size_t rule, std::size_t selector) const {
    std::optional<double> newest;
    for (const SubjectSeries& subject : series.AllSubjects(rule)) {
      for (const double value : series.Read(subject, selector, selectors_[selector], Reading::kLatest)) newest = std::max(newest.value_or(value), value);
    }
    return newest;
  }

  bool IsMeant(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const {
    return NewestOf(entries_, "restore-test", machine) != nullptr || !series.AllSubjects(rule).empty();
  }

  std::optional<absl::Time> LastTest(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const {
    std::optional<absl::Time> last;
    if (const RegisterEntry* entry = NewestOf(entries_, "restore-test", machine)) last = absl::FromCivil(entry->date, absl::UTCTimeZone());
    if (const auto told = Newest(series, rule, kTest)) last = std::max(last.value_or(absl::InfinitePast()), absl::FromUnixSeconds(static_cast<std::int64_t>(*told)));
    return last;
  }

  const Register entries_;
  const std::vector<Selector> selectors_;
  const RuleInputs inputs_;
};

}  // namespace

std::unique_ptr<Rule> MakeRestoreTestOverdue(Register entries) { return std::make_unique<RestoreTestOverdue>(std::move(entries)); }

}  // namespace steward::collector
