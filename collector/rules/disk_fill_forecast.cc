// disk-fill-forecast: at the pace of the last hours a file system will be full within a day.
// A pace alone says little, so a nearly empty file system raises nothing, and neither does one large file, nor a level that
// was reached and left again a day before: a nightly backup that fills and empties its disk is no issue.
#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, disk-fill-forecast, fast part.
constexpr std::array<Threshold, 5> kThresholds = {
    Threshold{"day_hours", 24}, Threshold{"day_free_percent", 40},  // high
    Threshold{"soon_hours", 4}, Threshold{"soon_free_percent", 20}, // critical on servers
    Threshold{"clear_factor", 2}};                                  // times the hours left
constexpr absl::Duration kRaise = absl::Hours(1);
constexpr absl::Duration kClear = absl::Hours(1);
constexpr double kHoursMax = 24 * 365;  // shown for "never"

class DiskFillForecast final : public Rule {
 public:
  std::string_view type() const override { return "disk-fill-forecast"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgeSample(const MachineSample& sample, const RuleSettings& settings, std::vector<Finding>& out) const override {
    for (const FileSystem& fs : sample.file_systems) {
      if (fs.history == nullptr) continue;
      const std::optional<absl::Duration> left = fs.history->TimeLeft(sample.time);
      if (!left) continue;  // too little data for a trend
      Finding finding;
      finding.subject = fs.mountpoint;
      finding.time = finding.since = sample.time;
      finding.interval = fs.interval;
      finding.value = std::min(kHoursMax, absl::ToDoubleHours(*left));
      finding.metric = "node_filesystem_avail_bytes";
      finding.unit = "h until full";
      finding.lower_is_worse = true;

      const double free_percent = 100 * fs.avail / fs.size;
      const bool news = fs.history->IsStillFilling() && 1 - fs.avail / fs.size > fs.history->PeakADayBefore(sample.time);
      const auto add = [&](std::string_view name, Severity severity, const char* hours_name, const char* free_name) {
        const double hours = settings.Level(hours_name);
        Zone zone = Zone::kBetween;
        if (finding.value < hours && free_percent < settings.Level(free_name) && news) zone = Zone::kRaised;
        if (finding.value >= hours * settings.Level("clear_factor")) zone = Zone::kClear;
        finding.levels.push_back({name, severity, zone, hours, settings.Raise(kRaise), settings.Clear(kClear)});
      };
      add("day", Severity::kHigh, "day_hours", "day_free_percent");
      if (!IsWorkstation(sample.machine)) add("soon", Severity::kCritical, "soon_hours", "soon_free_percent");
      if (!finding.IsClear()) AddDetails(fs, sample.time, finding);
      out.push_back(std::move(finding));
    }
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    return {"Volume will be full by date",
            StrCat(finding.subject, " on ", MachineName(machine), " will be full in about ",
                   RoughDuration(absl::Hours(finding.value)), " (", detail("full at"), ") at its present pace: ",
                   detail("pace"), ", ", detail("free"), " of ", detail("size"), " left."),
            "Programs that write there will fail when it is full.",
            "Find what grows, on this machine, today; stop it or make room before that time."};
  }

 private:
  static void AddDetails(const FileSystem& fs, absl::Time now, Finding& finding) {
    finding.details["mount point"] = fs.mountpoint;
    finding.details["device"] = fs.device;
    finding.details["size"] = BytesText(fs.size);
    finding.details["free"] = BytesText(fs.avail);
    finding.details["pace"] = StrCat(BytesText(-fs.history->line()->slope * 3600), " an hour");
    if (finding.value < kHoursMax) finding.details["full at"] = ClockTime(now + absl::Hours(finding.value));
  }
};

}  // namespace

std::unique_ptr<Rule> MakeDiskFillForecast() { return std::make_unique<DiskFillForecast>(); }

}  // namespace steward::collector
