// clock-wrong: a server whose kernel says that its clock is not kept right, and any machine whose clock is far from the collector's.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, clock-wrong; the kernel's largest error without synchronisation is 16 s. The first 17 minutes after a start belong to the
// time service.
constexpr std::array<Threshold, 4> kThresholds = {Threshold{"offset_seconds", 0.2}, Threshold{"error_seconds", 16}, Threshold{"far_seconds", 60},
                                                  Threshold{"boot_seconds", 1020}};

class ClockWrong final : public Rule {
 public:
  std::string_view type() const override { return "clock-wrong"; }
  int version() const override { return 2; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }

  // With each reading of the kernel's clock; where that is not read, with each sample.
  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const std::vector<SubjectSeries> sampled = sample.series.Subjects(sample.rule);
    if (sampled.empty() && sample.series.CountSubjects(sample.rule) > 0) return;
    KernelClock now;
    if (!sampled.empty()) {
      now.offset = Latest(sample, sampled.front(), kOffset);
      now.synchronised = Latest(sample, sampled.front(), kSync);
      now.error = Latest(sample, sampled.front(), kMaxError);
      now.booted = Latest(sample, sampled.front(), kBootTime);
    }
    now.is_starting = now.booted && absl::ToDoubleSeconds(sample.time - absl::UnixEpoch()) - *now.booted <= settings.Level("boot_seconds");
    out.push_back(Judge(sample, sampled.empty() ? sample.machine.interval : sampled.front().interval, now, settings));
  }

  Watched WatchedOn(const MachineRecord&, const SeriesTracker&, std::size_t) const override { return {1, ""}; }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    std::string summary = severity == Severity::kHigh
                              ? StrCat("The clock of ", MachineName(machine), " is ", detail("beside the collector's"), ".")
                              : StrCat("The clock of ", MachineName(machine), " is not kept right: ", detail("offset, s"),
                                       " s off, synchronised ", detail("synchronised"), " (1: yes).");
    return {"Clock off or unsynchronised", std::move(summary),
            "Log-ins by certificate or Kerberos fail, logs cannot be compared, and scheduled jobs run at the wrong time.",
            "Repair the time source, and allow NTP to the site's source."};
  }

 private:
  enum Number : std::size_t { kOffset, kSync, kMaxError, kBootTime };
  // What the kernel says of its clock, as far as it is known.
  struct KernelClock {
    std::optional<double> offset, synchronised, error, booted;
    bool is_starting = false;
  };

  std::optional<double> Latest(const MachineSample& sample, const SubjectSeries& subject, Number number) const {
    const Values values = sample.series.Read(subject, number, selectors_[number], Reading::kLatest);
    return values.empty() ? std::nullopt : std::optional<double>(values.front());
  }

  static Zone ZoneOf(const KernelClock& now, const RuleSettings& settings) {
    if (!now.offset || !now.synchronised) return Zone::kBetween;
    const double offset = std::abs(*now.offset);
    const bool unsynchronised = *now.synchronised == 0 && now.error.value_or(0) >= settings.Level("error_seconds");
    if (!now.is_starting && (offset > settings.Level("offset_seconds") || unsynchronised)) return Zone::kRaised;
    return offset < settings.Level("offset_seconds") / 2 && *now.synchronised == 1 ? Zone::kClear : Zone::kBetween;
  }

  static Zone ZoneOfFar(double error, const KernelClock& now, const RuleSettings& settings) {
    if (!now.is_starting && error > settings.Level("far_seconds")) return Zone::kRaised;
    return error < settings.Level("far_seconds") / 2 ? Zone::kClear : Zone::kBetween;
  }

  Finding Judge(const MachineSample& sample, absl::Duration interval, const KernelClock& now, const RuleSettings& settings) const {
    const double error = std::abs(absl::ToDoubleSeconds(sample.clock_error));
    Finding finding;
    finding.time = finding.since = sample.time;
    finding.interval = std::max(interval, sample.machine.interval);
    finding.value = std::max(error, std::abs(now.offset.value_or(0)));
    finding.metric = "node_timex_offset_seconds";
    finding.unit = "s";
    const absl::Duration clear = settings.Clear(absl::Minutes(10));
    if (!IsWorkstation(sample.machine)) {
      finding.levels.push_back(
          {"off", Severity::kMedium, ZoneOf(now, settings), settings.Level("offset_seconds"), settings.Raise(absl::Minutes(30)), clear});
    }
    finding.levels.push_back({"far", Severity::kHigh, ZoneOfFar(error, now, settings), settings.Level("far_seconds"),
                              settings.Raise(absl::Minutes(10)), clear});
    if (finding.IsClear()) return finding;
    if (now.offset) finding.details["offset, s"] = absl::StrFormat("%.3g", *now.offset);
    if (now.synchronised) finding.details["synchronised"] = absl::StrFormat("%.0f", *now.synchronised);
    if (now.error) finding.details["largest error, s"] = absl::StrFormat("%.3g", *now.error);
    finding.details["beside the collector's"] =
        StrCat(RoughDuration(absl::Seconds(error)), sample.clock_error < absl::ZeroDuration() ? " behind the collector's" : " ahead of the collector's");
    return finding;
  }

  const std::array<Selector, 4> selectors_ = {MetricSelector("node_timex_offset_seconds"), MetricSelector("node_timex_sync_status"),
                                              MetricSelector("node_timex_maxerror_seconds"), MetricSelector("node_boot_time_seconds")};
  const RuleInputs inputs_{selectors_, {}};
};

}  // namespace

std::unique_ptr<Rule> MakeClockWrong() { return std::make_unique<ClockWrong>(); }

}  // namespace steward::collector
