// os-end-of-life: the operating system gets no security fixes from a day on that is near, or over.
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/os_support.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, os-end-of-life.
constexpr std::array<Threshold, 3> kThresholds = {Threshold{"low_days", 180}, Threshold{"medium_days", 60}, Threshold{"high_days", 0}};
constexpr std::size_t kInfo = 0;        // the selectors
constexpr std::size_t kSupportEnd = 1;

class OsEndOfLife final : public Rule {
 public:
  explicit OsEndOfLife(OsSupport support)
      : support_(std::move(support)),
        selectors_{MetricSelector("node_os_info"), MetricSelector("node_os_support_end_timestamp_seconds")},
        inputs_{selectors_, {}} {}

  std::string_view type() const override { return "os-end-of-life"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    for (const SubjectSeries& subject : sample.series.Subjects(sample.rule)) {
      const std::optional<absl::Time> end = EndOf(sample.series, subject);
      if (!end) continue;
      Finding finding;
      finding.time = finding.since = sample.time;
      finding.interval = subject.interval;
      finding.metric = "node_os_info";
      finding.unit = "d";
      finding.lower_is_worse = true;
      finding.value = absl::ToDoubleHours(*end - sample.time) / 24;
      for (std::size_t i = 0; i < kThresholds.size(); ++i) {
        const double days = settings.Level(kThresholds[i].name);
        const Zone zone = finding.value < days ? Zone::kRaised : Zone::kClear;
        finding.levels.push_back({kThresholds[i].name, kSeverities[i], zone, days, settings.Raise(absl::ZeroDuration()),
                                  settings.Clear(absl::ZeroDuration())});
      }
      if (!finding.IsClear()) {
        finding.details["operating system"] = std::string(sample.series.Label(subject, "pretty_name"));
        finding.details["supported until"] = absl::FormatTime("%Y-%m-%d", *end, absl::UTCTimeZone());
      }
      out.push_back(std::move(finding));
    }
  }

  Watched WatchedOn(const MachineRecord& /*machine*/, const SeriesTracker& series, std::size_t rule) const override {
    const std::vector<SubjectSeries> machine = series.AllSubjects(rule);
    if (machine.empty()) return {0, "no data of node_os_info"};
    if (EndOf(series, machine.front())) return {1, ""};
    return {0, StrCat("no end of support is known of ", series.Label(machine.front(), "id"), " ",
                      series.Label(machine.front(), "version_id"), "; os-support.toml in the data directory may tell it")};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    const std::string until = detail("supported until");
    const std::string when = finding.value > 0 ? StrCat("gets security fixes until ", until, ", for ", RoughDuration(absl::Hours(24 * finding.value)))
                                               : StrCat("has had no security fixes since ", until);
    return {"Operating system out of support",
            StrCat(detail("operating system"), " on ", MachineName(machine), " ", when, "."),
            "From then on each hole that is found in it stays open.",
            "Plan the upgrade or the replacement, with its cost; until then take it off the internet if you can."};
  }

 private:
  static constexpr std::array<Severity, 3> kSeverities = {Severity::kLow, Severity::kMedium, Severity::kHigh};

  std::optional<absl::Time> EndOf(const SeriesTracker& series, const SubjectSeries& subject) const {
    double told = 0;
    if (Number(series.Read(subject, kSupportEnd, selectors_[kSupportEnd], Reading::kLatest), told)) return absl::FromUnixSeconds(static_cast<std::int64_t>(told));
    double there = 0;
    if (!Number(series.Read(subject, kInfo, selectors_[kInfo], Reading::kLatest), there)) return std::nullopt;
    const std::optional<absl::CivilDay> last = support_.EndOf(series.Label(subject, "id"), series.Label(subject, "version_id"));
    if (!last) return std::nullopt;
    return absl::FromCivil(*last + 1, absl::UTCTimeZone());
  }

  OsSupport support_;
  std::vector<Selector> selectors_;
  RuleInputs inputs_;
};

}  // namespace

std::unique_ptr<Rule> MakeOsEndOfLife(OsSupport support) { return std::make_unique<OsEndOfLife>(std::move(support)); }

}  // namespace steward::collector
