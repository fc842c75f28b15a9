// agent-silent: the machine answers, its agent does not report.
#include <array>

#include "base/text.h"
#include "collector/rules/presence.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, agent-silent: servers 30 min. Workstations one working day, which without a calendar is 8 hours in which the
// machine was seen alive; hours in which it is off or away do not count.
constexpr absl::Duration kRaiseServer = absl::Minutes(30);
constexpr absl::Duration kRaiseWorkstation = absl::Hours(8);

class AgentSilent final : public Rule {
 public:
  std::string_view type() const override { return "agent-silent"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }

  void JudgePresence(const MachineRecord& machine, const Presence& presence, absl::Time now, const RuleSettings& settings,
                     std::vector<Finding>& out) const override {
    if (!presence.ever_seen()) return;
    const bool workstation = IsWorkstation(machine);
    const bool trusted = presence.farewell() == Farewell::kAgentStopped && presence.unknown();
    const bool asleep = workstation && (presence.farewell() == Farewell::kSuspending ||
                                        presence.farewell() == Farewell::kMachineStopping);
    const bool silent = (presence.alive() || trusted) && !asleep;
    const bool back = presence.IsBack(machine, now);
    if (!silent && !back) return;  // nobody saw the machine: the time does not count

    Finding finding;
    finding.time = now;
    finding.since = silent ? presence.last_seen() : now;
    finding.interval = workstation ? Presence::kLookAgainWorkstation : Presence::kLookAgainServer;
    finding.value = absl::ToDoubleSeconds(now - presence.last_seen());
    finding.metric = "heartbeat_age_seconds";
    finding.unit = "s";
    const absl::Duration raise = settings.Raise(workstation ? kRaiseWorkstation : kRaiseServer);
    finding.levels.push_back({"silent", workstation ? Severity::kMedium : Severity::kHigh,
                              silent ? Zone::kRaised : Zone::kClear, absl::ToDoubleSeconds(raise), raise,
                              settings.Clear(absl::ZeroDuration())});
    if (silent) {
      finding.details["address"] = machine.address;
      finding.details["last report"] = ClockTime(presence.last_seen());
      if (presence.alive()) finding.details["last answer"] = ClockTime(presence.last_answer());
      if (presence.farewell() == Farewell::kAgentStopped) finding.details["note"] = "the agent was stopped on the machine";
    }
    out.push_back(std::move(finding));
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto seen = finding.details.find("last report");
    const bool stopped = finding.details.contains("note");
    return {"Agent stopped on a live machine",
            StrCat(MachineName(machine), " answers, but its agent has reported nothing since ",
                   seen == finding.details.end() ? "" : seen->second, stopped ? "; it was stopped on the machine." : "."),
            "Nobody sees what happens on this machine: a full disk or a failed backup would go unnoticed.",
            "Start the agent again or reinstall it; if somebody stopped it, ask why."};
  }
};

}  // namespace

std::unique_ptr<Rule> MakeAgentSilent() { return std::make_unique<AgentSilent>(); }

}  // namespace steward::collector
