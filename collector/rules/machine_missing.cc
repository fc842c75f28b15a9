// machine-missing: a workstation has not been seen for weeks.
#include <array>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/rules/presence.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, machine-missing.
constexpr std::array<Threshold, 2> kThresholds = {Threshold{"low_days", 14}, Threshold{"medium_days", 30}};

class MachineMissing final : public Rule {
 public:
  std::string_view type() const override { return "machine-missing"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "it-manager"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgePresence(const MachineRecord& machine, const Presence& presence, absl::Time now, const RuleSettings& settings,
                     std::vector<Finding>& out) const override {
    if (!IsWorkstation(machine) || !presence.ever_seen()) return;
    const bool back = presence.IsBack(machine, now);
    Finding finding;
    finding.time = finding.since = now;
    finding.interval = Presence::kLookAgainWorkstation;
    finding.value = absl::ToDoubleHours(now - presence.last_seen()) / 24;
    finding.metric = "heartbeat_age_days";
    finding.unit = "d";
    const auto add = [&](std::string_view name, Severity severity, double days) {
      const Zone zone = back ? Zone::kClear : finding.value >= days ? Zone::kRaised : Zone::kBetween;
      finding.levels.push_back({name, severity, zone, days, settings.Raise(absl::ZeroDuration()), absl::ZeroDuration()});
    };
    add("weeks", Severity::kLow, settings.Level("low_days"));
    add("month", Severity::kMedium, settings.Level("medium_days"));
    if (!back) {
      finding.details["last report"] = ClockTime(presence.last_seen());
      finding.details["last address"] = machine.address;
    }
    out.push_back(std::move(finding));
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker&, std::size_t) const override {
    return IsWorkstation(machine) ? Watched{1, ""} : Watched{0, "for workstations; a server that is gone is offline at once"};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto seen = finding.details.find("last report");
    return {"Workstation not seen",
            StrCat(MachineName(machine), " was last seen ", seen == finding.details.end() ? "" : seen->second, ", ",
                   absl::StrFormat("%.0f days ago.", finding.value)),
            "It gets no updates and nobody watches it; it may be lost or stolen.",
            "Ask who holds it. Retire it, or treat it as a loss; its inventory says whether its disks were encrypted."};
  }
};

}  // namespace

std::unique_ptr<Rule> MakeMachineMissing() { return std::make_unique<MachineMissing>(); }

}  // namespace steward::collector
