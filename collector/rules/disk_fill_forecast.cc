// disk-fill-forecast: when a file system will be full, at the pace of the last hours and at the pace of the last weeks.
// The pace of hours alone says little, so a nearly empty file system raises nothing, and neither does one large file, nor a
// level that was reached and left again a day before: a nightly backup that fills and empties its disk is no issue. That of
// weeks counts by the fullest moment of each day, and only if it surely grows.
#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, disk-fill-forecast.
constexpr std::array<Threshold, 9> kThresholds = {
    Threshold{"day_hours", 24}, Threshold{"day_free_percent", 40},  // fast, high
    Threshold{"soon_hours", 4}, Threshold{"soon_free_percent", 20}, // fast, critical on servers
    Threshold{"horizon_days_server", 30}, Threshold{"horizon_days_workstation", 14},  // slow, low
    Threshold{"week_days", 7},                                      // slow, medium
    Threshold{"slow_used_percent", 60},
    Threshold{"clear_factor", 2}};                                  // times the time left
constexpr absl::Duration kFastTime = absl::Hours(1);   // raise and clear
constexpr absl::Duration kSlowClear = absl::Hours(24);
constexpr int kServerDays = 28;       // of history
constexpr int kWorkstationDays = 14;  // seen
constexpr double kSteadyShare = 0.25;  // of the pace is what must be left without its largest step
constexpr double kHoursMax = 24 * 365;  // shown for "never"

// At the pace of weeks.
struct SlowForecast {
  double hours = kHoursMax;
  TimeTo range;
  double bytes_a_day = 0;
  bool grows = false;   // surely; else `hours` is kHoursMax
  bool known = false;   // it grows or it does not
  bool steady = false;  // not by one large step
};

SlowForecast ForecastOf(const FileSystem& fs, bool workstation) {
  const DailyMaxima& daily = fs.history->daily();
  SlowForecast forecast;
  forecast.known = daily.restarted();  // what grew before was stopped
  const int days = workstation ? kWorkstationDays : kServerDays;
  const std::optional<Trend> trend = daily.TrendOver(days);
  if (!trend) return forecast;
  forecast.known = true;
  const std::optional<TimeTo> time = DaysTo(fs.size, daily.newest(), *trend);
  if (!time || time->days < 0) return forecast;
  forecast.grows = true;
  forecast.range = *time;
  forecast.bytes_a_day = trend->slope;
  forecast.steady = daily.TrendWithoutLargestStep(days)->slope > kSteadyShare * trend->slope;
  forecast.hours = std::min(kHoursMax, 24 * time->days);
  return forecast;
}

class DiskFillForecast final : public Rule {
 public:
  std::string_view type() const override { return "disk-fill-forecast"; }
  int version() const override { return 2; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgeSample(const MachineSample& sample, const RuleSettings& of_machine, std::vector<Finding>& out) const override {
    for (const FileSystem& fs : sample.file_systems) {
      if (fs.history == nullptr) continue;
      const RuleSettings& settings = of_machine.For(fs.mountpoint);
      const bool workstation = IsWorkstation(sample.machine);
      const std::optional<absl::Duration> fast = fs.history->TimeLeft(sample.time);
      const SlowForecast slow = ForecastOf(fs, workstation);
      if (!fast && !slow.known) continue;  // too little data for a trend
      Finding finding;
      finding.subject = fs.mountpoint;
      finding.time = finding.since = sample.time;
      finding.interval = fs.interval;
      finding.metric = "node_filesystem_avail_bytes";
      finding.unit = "h until full";
      finding.lower_is_worse = true;
      AddSlow(fs, slow, settings, workstation, finding);
      const bool soon = AddFast(fs, fast, sample.time, settings, workstation, finding);
      const double fast_hours = fast ? std::min(kHoursMax, absl::ToDoubleHours(*fast)) : kHoursMax;
      finding.value = soon || !slow.grows ? fast_hours : slow.hours;
      if (!finding.IsClear()) AddDetails(fs, slow, soon, sample.time, finding);
      out.push_back(std::move(finding));
    }
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    std::string range;
    if (finding.details.contains("range")) range = StrCat(", ", detail("range"));
    IssueText text{"Volume will be full by date",
                   StrCat(finding.subject, " on ", MachineName(machine), " will be full in about ",
                          RoughDuration(absl::Hours(finding.value)), " (", detail("full at"), range, ") at its present pace: ",
                          detail("pace"), ", ", detail("free"), " of ", detail("size"), " left."),
                   "Programs that write there will fail when it is full.",
                   "Find what grows, on this machine, today; stop it or make room before that time."};
    if (severity <= Severity::kMedium) text.next_step = "Find what grows; clean up, or plan for a larger disk in the budget.";
    return text;
  }

 private:
  static void AddSlow(const FileSystem& fs, const SlowForecast& slow, const RuleSettings& settings, bool workstation,
                      Finding& finding) {
    const bool full_enough = 100 * (1 - fs.avail / fs.size) > settings.Level("slow_used_percent");
    const auto add = [&](std::string_view name, Severity severity, double days) {
      Zone zone = Zone::kBetween;
      if (slow.grows && slow.steady && full_enough && slow.hours < 24 * days) zone = Zone::kRaised;
      if (slow.known && slow.hours >= 24 * days * settings.Level("clear_factor")) zone = Zone::kClear;
      finding.levels.push_back({name, severity, zone, 24 * days, settings.Raise(absl::ZeroDuration()), settings.Clear(kSlowClear)});
    };
    add("horizon", Severity::kLow, settings.Level(workstation ? "horizon_days_workstation" : "horizon_days_server"));
    add("week", Severity::kMedium, settings.Level("week_days"));
  }

  // True: one of its levels stands.
  static bool AddFast(const FileSystem& fs, std::optional<absl::Duration> left, absl::Time now, const RuleSettings& settings,
                      bool workstation, Finding& finding) {
    const double free_percent = 100 * fs.avail / fs.size;
    const double left_hours = left ? absl::ToDoubleHours(*left) : kHoursMax;
    const bool news = left && fs.history->IsStillFilling() && 1 - fs.avail / fs.size > fs.history->PeakADayBefore(now);
    bool any = false;
    const auto add = [&](std::string_view name, Severity severity, const char* hours_name, const char* free_name) {
      const double hours = settings.Level(hours_name);
      Zone zone = Zone::kBetween;
      if (news && left_hours < hours && free_percent < settings.Level(free_name)) zone = Zone::kRaised;
      if (left && left_hours >= hours * settings.Level("clear_factor")) zone = Zone::kClear;
      any = any || zone == Zone::kRaised;
      finding.levels.push_back({name, severity, zone, hours, settings.Raise(kFastTime), settings.Clear(kFastTime)});
    };
    add("day", Severity::kHigh, "day_hours", "day_free_percent");
    if (!workstation) add("soon", Severity::kCritical, "soon_hours", "soon_free_percent");
    return any;
  }

  static void AddDetails(const FileSystem& fs, const SlowForecast& slow, bool soon, absl::Time now, Finding& finding) {
    finding.details["mount point"] = fs.mountpoint;
    finding.details["device"] = fs.device;
    finding.fact = {"space", fs.mountpoint};
    finding.details["size"] = BytesText(fs.size);
    finding.details["free"] = BytesText(fs.avail);
    if (!soon && slow.grows) {
      finding.details["pace"] = StrCat(BytesText(slow.bytes_a_day), " a day");
      finding.details["range"] = absl::StrFormat("%.0f to %.0f days", slow.range.soonest, std::min(slow.range.latest, kHoursMax / 24));
    } else if (fs.history->line()) {
      finding.details["pace"] = StrCat(BytesText(-fs.history->line()->slope * 3600), " an hour");
    }
    if (finding.value < kHoursMax) finding.details["full at"] = ClockTime(now + absl::Hours(finding.value));
  }
};

}  // namespace

std::unique_ptr<Rule> MakeDiskFillForecast() { return std::make_unique<DiskFillForecast>(); }

}  // namespace steward::collector
