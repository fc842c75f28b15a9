// disk-space-low: a file system is nearly full for its size.
#include <array>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/disk_level.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, disk-space-low and "size-aware disk level". Sizes are decimal.
constexpr std::array<Threshold, 11> kThresholds = {
    Threshold{"warn_percent", 80},        // used, at 20 GB
    Threshold{"crit_percent", 90},        // used, at 20 GB
    Threshold{"magic", 0.8},              // how much larger disks may be fuller; 1: not at all
    Threshold{"warn_least_percent", 50},  // small disks: never below
    Threshold{"crit_least_percent", 60},
    Threshold{"warn_free_gb", 20},        // more free than this is no warning
    Threshold{"full_free_percent", 3},
    Threshold{"full_free_gb", 1},         // on file systems of 20 GB and more
    Threshold{"clear_points", 3},         // below the level
    Threshold{"boot_free_mb", 200},
    Threshold{"efi_free_mb", 5}};
constexpr double kLargeBytes = 20 * kGigabyte;
constexpr absl::Duration kRaise = absl::Minutes(30);
constexpr absl::Duration kRaiseFull = absl::Minutes(10);
constexpr absl::Duration kClear = absl::Minutes(30);

bool IsEfi(const FileSystem& fs) {
  return fs.mountpoint == "/boot/efi" || fs.mountpoint == "/efi" || (fs.mountpoint == "/boot" && fs.type == "vfat");
}

class DiskSpaceLow final : public Rule {
 public:
  std::string_view type() const override { return "disk-space-low"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgeSample(const MachineSample& sample, const RuleSettings& of_machine, std::vector<Finding>& out) const override {
    for (const FileSystem& fs : sample.file_systems) {
      const RuleSettings& settings = of_machine.For(fs.mountpoint);
      Finding finding;
      finding.subject = fs.mountpoint;
      finding.time = finding.since = sample.time;
      finding.interval = fs.interval;
      finding.value = fs.UsedPercent();
      finding.metric = "node_filesystem_avail_bytes";
      finding.unit = "% used";
      if (IsEfi(fs)) {
        AddFreeLevel("efi", fs, settings.Level("efi_free_mb"), settings, finding);
      } else if (fs.mountpoint == "/boot") {
        AddFreeLevel("boot", fs, settings.Level("boot_free_mb"), settings, finding);
      } else {
        AddLevels(fs, IsWorkstation(sample.machine), settings, finding);
      }
      if (!finding.IsClear()) AddDetails(fs, finding);
      out.push_back(std::move(finding));
    }
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("?") : found->second;
    };
    const bool boot = finding.subject.starts_with("/boot") || finding.subject == "/efi";
    std::string summary = StrCat(finding.subject, " on ", MachineName(machine), " is ", PercentText(finding.value), " full: ",
                                 detail("free"), " of ", detail("size"), " left.");
    if (finding.details.contains("growth")) StrAppend(&summary, " Growth: ", detail("growth"), ".");
    std::string meaning = "Programs that write there will fail when it is full.";
    if (boot) meaning = "The next update of the system may fail half-way, and the machine may not start afterwards.";
    if (severity == Severity::kCritical) meaning = "Programs that write there fail now or within a short time; data may be lost.";
    return {"Volume nearly full", std::move(summary), std::move(meaning),
            boot ? "Remove kernels that are no longer used, or enlarge the partition."
                 : "Find what grew, clean up or extend the volume, or propose a larger disk."};
  }

 private:
  // Raised while more than `level` per cent are used, clear from `points` below it.
  static Zone ZoneOf(double used, double level, double points) {
    if (used > level) return Zone::kRaised;
    return used <= level - points ? Zone::kClear : Zone::kBetween;
  }

  static void AddLevels(const FileSystem& fs, bool workstation, const RuleSettings& settings, Finding& finding) {
    const double used = finding.value;
    const double points = settings.Level("clear_points");
    const double magic = settings.Level("magic");
    const double usable = fs.size - fs.free + fs.avail;
    // "Used more than warn and less free than 20 GB" is one level too: the higher of the two.
    const double spacious = 100 * (1 - settings.Level("warn_free_gb") * kGigabyte / usable);
    const double warn = std::max(
        spacious, SizeAwareLevel(settings.Level("warn_percent"), fs.size, magic, settings.Level("warn_least_percent")));
    const double crit = SizeAwareLevel(settings.Level("crit_percent"), fs.size, magic, settings.Level("crit_least_percent"));
    const bool data_volume = fs.mountpoint != "/";
    const Severity high = workstation && data_volume ? Severity::kMedium : Severity::kHigh;
    double full = 100 - settings.Level("full_free_percent");
    if (fs.size >= kLargeBytes) full = std::min(full, 100 * (1 - settings.Level("full_free_gb") * kGigabyte / usable));

    const absl::Duration clear = settings.Clear(kClear);
    finding.levels.push_back(
        {"warn", Severity::kMedium, ZoneOf(used, warn, points), warn, settings.Raise(kRaise), clear});
    finding.levels.push_back({"crit", high, ZoneOf(used, crit, points), crit, settings.Raise(kRaise), clear});
    finding.levels.push_back({"full", workstation ? Severity::kHigh : Severity::kCritical, ZoneOf(used, full, points), full,
                              settings.Raise(kRaiseFull), clear});
  }

  static void AddFreeLevel(std::string_view name, const FileSystem& fs, double free_mb, const RuleSettings& settings,
                           Finding& finding) {
    const double usable = fs.size - fs.free + fs.avail;
    const double level = 100 * (1 - free_mb * kMegabyte / usable);
    finding.levels.push_back({name, Severity::kMedium, ZoneOf(finding.value, level, settings.Level("clear_points")), level,
                              settings.Raise(kRaise), settings.Clear(kClear)});
  }

  static void AddDetails(const FileSystem& fs, Finding& finding) {
    finding.fact = {"space", fs.mountpoint};
    finding.details["mount point"] = fs.mountpoint;
    finding.details["device"] = fs.device;
    finding.details["type"] = fs.type;
    finding.details["size"] = BytesText(fs.size);
    finding.details["used"] = BytesText(fs.size - fs.free);
    finding.details["free"] = BytesText(fs.avail);
    if (fs.history == nullptr) return;
    const auto growth = fs.history->GrowthInWindow();
    if (!growth) return;
    const std::string over = RoughDuration(growth->over);
    finding.details["growth"] = growth->bytes >= 0 ? StrCat(BytesText(growth->bytes), " more in the last ", over)
                                                   : StrCat(BytesText(-growth->bytes), " less in the last ", over);
  }
};

}  // namespace

std::unique_ptr<Rule> MakeDiskSpaceLow() { return std::make_unique<DiskSpaceLow>(); }

}  // namespace steward::collector
