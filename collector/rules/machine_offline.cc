// machine-offline: a server that neither reports nor answers. Workstations come and go: for them there is no such issue.
#include <array>

#include "base/text.h"
#include "collector/rules/presence_times.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, machine-offline: silence 60 s (that is `raise`), then 3 looks within 30 s; 10 min after a clean stop.
constexpr std::array<Threshold, 3> kThresholds = {
    Threshold{"looks", 3}, Threshold{"look_seconds", 10}, Threshold{"clean_stop_minutes", 10}};

class MachineOffline final : public Rule {
 public:
  std::string_view type() const override { return "machine-offline"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }

  void JudgePresence(const MachineRecord& machine, const Presence& presence, absl::Time now, const RuleSettings& settings,
                     std::vector<Finding>& out) const override {
    if (IsWorkstation(machine) || !presence.ever_seen()) return;
    const PresenceTimes times = PresenceTimesFrom(settings);
    const bool gone = presence.silent_looks() >= times.looks && !TrustsFarewell(presence);
    const bool back = presence.IsBack(machine, now);
    if (!gone && !back) return;  // silent, but neither dead nor back: keeps what it is

    Finding finding;
    finding.time = now;
    finding.since = gone ? presence.last_seen() : now;
    finding.interval = times.look_step;
    finding.value = absl::ToDoubleSeconds(now - presence.last_seen());
    finding.metric = "heartbeat_age_seconds";
    finding.unit = "s";
    // The rule counted the silence itself; what is left takes no time of its own.
    finding.levels.push_back({"offline", Severity::kCritical, gone ? Zone::kRaised : Zone::kClear,
                              absl::ToDoubleSeconds(times.silence + times.looks * times.look_step), absl::ZeroDuration(),
                              settings.Clear(absl::ZeroDuration())});
    if (gone) {
      finding.details["address"] = machine.address;
      finding.details["last seen"] = ClockTime(presence.last_seen());
      finding.details["looks without an answer"] = StrCat(presence.silent_looks());
      if (presence.unknown()) finding.details["note"] = "other machines share its address: whether it answers cannot be told";
      if (presence.farewell() == Farewell::kMachineStopping) finding.details["note"] = "it was shut down or restarted and is not back";
    }
    out.push_back(std::move(finding));
  }

  Watched WatchedOn(const MachineRecord& machine, const SeriesTracker&, std::size_t) const override {
    return IsWorkstation(machine) ? Watched{0, "off and asleep are normal for a workstation"} : Watched{1, ""};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto seen = finding.details.find("last seen");
    return {"Server does not answer",
            StrCat(MachineName(machine), " has sent nothing since ", seen == finding.details.end() ? "" : seen->second,
                   " and does not answer at ", machine.address.empty() ? "any address" : machine.address, "."),
            "What runs on it is not available to anyone until it is back.",
            "Check power, console and switch port; when it is up, confirm that its services are back."};
  }

 private:
  // The agent said that it alone stops; if looking cannot tell, it is believed.
  static bool TrustsFarewell(const Presence& presence) {
    return presence.farewell() == Farewell::kAgentStopped && presence.unknown();
  }
};

}  // namespace

std::unique_ptr<Rule> MakeMachineOffline() { return std::make_unique<MachineOffline>(); }

}  // namespace steward::collector
