// hardware-end-of-life: a machine comes to its planned age. The day on which it was bought is entered; without that the date of
// its firmware is an estimate, and said to be one.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "collector/rules/register_rules.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, hardware-end-of-life.
constexpr std::array<Threshold, 4> kThresholds = {Threshold{"server_years", 6}, Threshold{"desktop_years", 5}, Threshold{"laptop_years", 4},
                                                  Threshold{"announced_days", 365}};
constexpr double kDaysAYear = 365.25;
constexpr std::string_view kVirtual[] = {"QEMU", "VMware", "VirtualBox", "innotek", "Xen", "Virtual Machine", "KVM", "Bochs", "Amazon EC2", "Google"};

// "02/29/2020" as firmware writes it.
std::optional<absl::CivilDay> FirmwareDay(std::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(ToAbsl(text), '/');
  int month = 0, day = 0, year = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &month) || !absl::SimpleAtoi(parts[1], &day) || !absl::SimpleAtoi(parts[2], &year)) return std::nullopt;
  const absl::CivilDay date(year, month, day);
  return year > 1990 && date.month() == month && date.day() == day ? std::optional(date) : std::nullopt;
}

class HardwareEndOfLife final : public Rule {
 public:
  explicit HardwareEndOfLife(Register entries) : entries_(std::move(entries)) {
    selector_ = MetricSelector("node_dmi_info");
    inputs_ = {{&selector_, 1}, {}};
  }

  std::string_view type() const override { return "hardware-end-of-life"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  const RuleInputs& inputs() const override { return inputs_; }
  bool judges_dates() const override { return true; }

  void JudgeDates(const DateSubject& subject, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const std::optional<Begin> begin = BeginOf(subject.machine, subject.series, subject.rule);
    if (!begin) return;
    const double years = settings.Level(YearsName(subject.machine));
    const absl::CivilDay planned = begin->day + static_cast<int>(years * kDaysAYear);
    Finding finding;
    finding.time = finding.since = subject.now;
    finding.interval = subject.machine.interval;
    finding.metric = begin->is_estimate ? "node_dmi_info" : "register";
    finding.unit = "d";
    finding.lower_is_worse = true;
    finding.value = DaysTo(planned, subject.now);
    const double announced = settings.Level("announced_days");
    finding.levels.push_back({"announced_days", Severity::kLow, finding.value < announced ? Zone::kRaised : Zone::kClear, announced,
                              settings.Raise(absl::ZeroDuration()), settings.Clear(absl::ZeroDuration())});
    if (!finding.IsClear()) {
      finding.details["planned until"] = DayText(planned, finding.value);
      finding.details[begin->is_estimate ? "firmware of (estimated age)" : "bought"] = absl::FormatCivilTime(begin->day);
    }
    out.push_back(std::move(finding));
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const override {
    if (BeginOf(machine, series, rule)) return {1, ""};
    const std::vector<SubjectSeries> known = series.AllSubjects(rule);
    const std::string enter = "; a [[register]] of kind \"purchase\" may tell when it was bought";
    if (!known.empty() && IsVirtual(series, known.front())) return {0, StrCat("it is a virtual machine", enter)};
    return {0, StrCat("nothing tells its age", enter)};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto until = finding.details.find("planned until");
    const auto estimate = finding.details.find("firmware of (estimated age)");
    std::string summary = StrCat(MachineName(machine), finding.value > 0 ? " comes to its planned age " : " is past its planned age: ",
                                 until == finding.details.end() ? "?" : until->second, ".");
    if (estimate != finding.details.end()) {
      StrAppend(&summary, " This is estimated from the date of its firmware, ", estimate->second, "; enter when it was bought to know.");
    }
    return {"Past planned age", std::move(summary), "Older machines fail more often, and are slower than the work that they do needs.",
            "Put its replacement into the next budget, or accept that it stays."};
  }

 private:
  struct Begin {
    absl::CivilDay day;
    bool is_estimate = false;
  };

  static std::string_view YearsName(const MachineRecord& machine) {
    if (machine.machine_class == "laptop") return "laptop_years";
    return machine.machine_class == "desktop" ? "desktop_years" : "server_years";
  }

  static bool IsVirtual(const SeriesTracker& series, const SubjectSeries& subject) {
    const std::string maker = StrCat(series.Label(subject, "system_vendor"), " ", series.Label(subject, "product_name"), " ", series.Label(subject, "bios_vendor"));
    return std::any_of(std::begin(kVirtual), std::end(kVirtual), [&](std::string_view word) { return absl::StrContains(maker, ToAbsl(word)); });
  }

  std::optional<Begin> BeginOf(const MachineRecord& machine, const SeriesTracker& series, std::size_t rule) const {
    if (const RegisterEntry* bought = NewestOf(entries_, "purchase", machine)) return Begin{bought->date, false};
    const std::vector<SubjectSeries> known = series.AllSubjects(rule);
    if (known.empty() || IsVirtual(series, known.front())) return std::nullopt;
    const std::optional<absl::CivilDay> firmware = FirmwareDay(series.Label(known.front(), "bios_date"));
    return firmware ? std::optional(Begin{*firmware, true}) : std::nullopt;
  }

  const Register entries_;
  Selector selector_;
  RuleInputs inputs_;
};

}  // namespace

std::unique_ptr<Rule> MakeHardwareEndOfLife(Register entries) { return std::make_unique<HardwareEndOfLife>(std::move(entries)); }

}  // namespace steward::collector
