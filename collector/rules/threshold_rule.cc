#include "collector/rules/threshold_rule.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/series_tracker.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

bool IsFor(const std::vector<std::string>& classes, const MachineRecord& machine) {
  return classes.empty() || std::find(classes.begin(), classes.end(), machine.machine_class) != classes.end();
}

// As people say it, by the unit of the definition.
std::string ValueText(double value, std::string_view unit) {
  if (unit == "%") return PercentText(value);
  if (unit == "B") return BytesText(value);
  if (unit == "s") return RoughDuration(absl::Seconds(value));
  if (unit == "h") return RoughDuration(absl::Hours(value));
  if (unit == "d") return RoughDuration(absl::Hours(24) * value);
  if (unit == "C") return absl::StrFormat("%.0f °C", value);
  return absl::StrFormat("%.6g", value);
}

// No more digits than a person reads.
std::string NumberText(double value) { return absl::StrFormat(std::abs(value) < 100 ? "%.3g" : "%.0f", value); }

// `text` with every {name} replaced by what `value_of` says of it.
std::string Fill(std::string_view text, const std::function<std::string(std::string_view)>& value_of) {
  std::string filled;
  for (;;) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    StrAppend(&filled, text.substr(0, open));
    if (close == std::string_view::npos) return filled;
    StrAppend(&filled, value_of(text.substr(open + 1, close - open - 1)));
    text.remove_prefix(close + 1);
  }
}

class SubjectScope final : public ExpressionScope {
 public:
  SubjectScope(const RuleDefinition& rule, const SeriesTracker& tracker, const SubjectSeries& subject, const RuleSettings& settings)
      : rule_(rule), tracker_(tracker), subject_(subject), settings_(settings) {}

  Values Read(std::size_t selector, Reading reading) const override {
    return tracker_.Read(subject_, selector, rule_.selectors[selector], reading);
  }
  double Level(std::size_t name) const override { return settings_.Level(rule_.thresholds[name].first); }
  Values Value() const override { return value_; }
  void SetValue(Values value) { value_ = std::move(value); }

 private:
  const RuleDefinition& rule_;
  const SeriesTracker& tracker_;
  const SubjectSeries& subject_;
  const RuleSettings& settings_;
  Values value_;
};

// Until nothing of a subject in its probe's samples means that it is gone: a probe that begins may not see everything at once.
constexpr absl::Duration kGoneAfter = absl::Minutes(15);
// A disk that was taken out needs no week to prove that it fails no longer.
constexpr absl::Duration kGoneClearMax = absl::Hours(1);

class ThresholdRule final : public Rule {
 public:
  explicit ThresholdRule(RuleDefinition rule) : rule_(std::move(rule)) {
    for (const auto& [name, value] : rule_.thresholds) thresholds_.push_back({name, value});
    inputs_ = {rule_.selectors, rule_.subject_labels};
  }

  std::string_view type() const override { return rule_.type; }
  int version() const override { return rule_.version; }
  std::string_view party() const override { return rule_.party; }
  bool is_own() const override { return rule_.own; }
  absl::Span<const Threshold> thresholds() const override { return thresholds_; }
  std::size_t viewpoints() const override { return rule_.viewpoints; }
  std::size_t viewpoints_percent() const override { return rule_.viewpoints_percent; }
  const RuleInputs& inputs() const override { return inputs_; }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const override {
    if (!IsFor(rule_.classes, machine)) return {0, StrCat("not for machines of class ", machine.machine_class)};
    const std::size_t subjects = series.CountSubjects(rule);
    return {subjects, subjects > 0 ? "" : StrCat("no data of ", rule_.selectors.front().metric)};
  }

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const bool is_for = IsFor(rule_.classes, sample.machine);
    if (!is_for && !settings.is_asked_for() && !settings.has_subjects()) return;
    for (const SubjectSeries& subject : sample.series.Subjects(sample.rule)) {
      if (!is_for && !settings.For(NameOf(subject)).is_asked_for()) continue;
      if (!subject.ended) JudgeSubject(sample, subject, settings, out);
      else if (rule_.gone_is_clear) ClearSubject(sample, subject, settings, out);
    }
  }

  // Its events count for a whole window, in the agent's next run as well, in which the series may be missing.
  bool IsGone(const SeriesTracker& series, std::size_t rule, std::string_view subject, std::string_view probe,
              absl::Time judged) const override {
    if (!rule_.gone_is_clear) return false;
    absl::Duration wait = kGoneAfter;
    for (const Selector& selector : rule_.selectors) {
      if (selector.from_zero) wait = std::max(wait, selector.window);
    }
    if (series.LastSampled(probe) <= judged || series.now() < judged + wait) return false;
    const std::vector<SubjectSeries> there = series.AllSubjects(rule);
    return std::none_of(there.begin(), there.end(), [&](const SubjectSeries& one) { return NameOf(one) == subject; });
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity /*severity*/) const override {
    const auto fill = [&](std::string_view text) {
      return Fill(text, [&](std::string_view name) -> std::string {
        if (name == "machine") return MachineName(machine);
        if (name == "value") return ValueText(finding.value, rule_.unit);
        const auto found = finding.details.find(std::string(name));
        return found == finding.details.end() ? "?" : found->second;
      });
    };
    return {rule_.title, fill(rule_.summary), fill(rule_.meaning), fill(rule_.next_step)};
  }

 private:
  std::string NameOf(const SubjectSeries& subject) const { return FillLabels(rule_.subject, subject); }

  FactName FactOf(const SubjectSeries& subject) const {
    const std::size_t slash = rule_.fact.find('/');
    if (slash == std::string::npos) return {};
    return {rule_.fact.substr(0, slash), FillLabels(std::string_view(rule_.fact).substr(slash + 1), subject)};
  }

  std::string FillLabels(std::string_view text, const SubjectSeries& subject) const {
    return Fill(text, [&](std::string_view name) {
      const auto found = std::find(rule_.subject_labels.begin(), rule_.subject_labels.end(), name);
      return subject.labels[static_cast<std::size_t>(found - rule_.subject_labels.begin())];
    });
  }

  Finding Begin(const MachineSample& sample, const SubjectSeries& subject) const {
    Finding finding;
    finding.subject = NameOf(subject);
    finding.time = finding.since = sample.time;
    finding.interval = std::max(subject.interval, sample.machine.interval);
    finding.metric = rule_.selectors.front().metric;
    finding.probe = sample.series.ProbeOf(subject);
    finding.unit = rule_.unit;
    finding.lower_is_worse = rule_.lower_is_worse;
    return finding;
  }

  void AddLevel(const MachineSample& sample, const RuleSettings& settings, const LevelDefinition& level,
                const ExpressionScope& scope, Zone zone, absl::Duration clear_max, Finding& finding) const {
    if (!IsFor(level.classes, sample.machine)) return;
    double threshold = 0;
    if (level.threshold) Number(level.threshold->Evaluate(scope), threshold);
    finding.levels.push_back({level.name, level.severity, zone, threshold, settings.Raise(level.raise_time),
                              std::min(settings.Clear(level.clear_time), clear_max)});
  }

  // What has no data keeps what is raised, and raises nothing.
  static Zone ZoneOf(const LevelDefinition& level, const ExpressionScope& scope, bool& judged) {
    const Values when = level.when.Evaluate(scope);
    if (IsTrue(when)) {
      judged = true;
      return Zone::kRaised;
    }
    const Values clear = level.clear ? level.clear->Evaluate(scope) : Values();
    if (when.empty() && clear.empty()) return Zone::kBetween;
    judged = true;
    if (level.clear) return IsTrue(clear) ? Zone::kClear : Zone::kBetween;
    return Zone::kClear;
  }

  void JudgeSubject(const MachineSample& sample, const SubjectSeries& subject, const RuleSettings& of_machine,
                    std::vector<Finding>& out) const {
    Finding finding = Begin(sample, subject);
    const RuleSettings& settings = of_machine.For(finding.subject);
    SubjectScope scope(rule_, sample.series, subject, settings);
    const Values value = rule_.value.Evaluate(scope);
    if (!Number(value, finding.value)) return;
    scope.SetValue(value);
    bool judged = false;
    for (const LevelDefinition& level : rule_.levels) {
      if (IsFor(level.classes, sample.machine)) AddLevel(sample, settings, level, scope, ZoneOf(level, scope, judged), absl::InfiniteDuration(), finding);
    }
    if (!judged) return;
    if (!finding.IsClear()) AddDetails(sample.series, subject, scope, finding);
    out.push_back(std::move(finding));
  }

  void ClearSubject(const MachineSample& sample, const SubjectSeries& subject, const RuleSettings& of_machine,
                    std::vector<Finding>& out) const {
    Finding finding = Begin(sample, subject);
    const RuleSettings& settings = of_machine.For(finding.subject);
    const SubjectScope scope(rule_, sample.series, subject, settings);
    for (const LevelDefinition& level : rule_.levels) AddLevel(sample, settings, level, scope, Zone::kClear, kGoneClearMax, finding);
    if (!finding.levels.empty()) out.push_back(std::move(finding));
  }

  // The subject's labels, what the definition computes, and the other labels that its texts name.
  void AddDetails(const SeriesTracker& series, const SubjectSeries& subject, const ExpressionScope& scope, Finding& finding) const {
    for (std::size_t i = 0; i < subject.labels.size(); ++i) finding.details[rule_.subject_labels[i]] = subject.labels[i];
    finding.fact = FactOf(subject);
    for (const auto& [name, expression] : rule_.details) {
      double number = 0;
      if (Number(expression.Evaluate(scope), number)) finding.details[name] = NumberText(number);
    }
    for (const std::string& text : {rule_.summary, rule_.meaning, rule_.next_step}) {
      Fill(text, [&](std::string_view name) -> std::string {
        const std::string key(name);
        const std::string_view label = series.Label(subject, name);
        if (!label.empty()) finding.details.emplace(key, label);
        return "";
      });
    }
  }

  RuleDefinition rule_;
  std::vector<Threshold> thresholds_;
  RuleInputs inputs_;
};

}  // namespace

std::unique_ptr<Rule> MakeThresholdRule(RuleDefinition definition) { return std::make_unique<ThresholdRule>(std::move(definition)); }

}  // namespace steward::collector
