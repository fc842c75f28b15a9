// identity-conflict: two machines claim one identity, a disk or a virtual machine was copied.
#include "base/text.h"
#include "collector/rules/presence.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, identity-conflict: at once; over when one machine alone has had the identity for 24 h.
constexpr absl::Duration kClear = absl::Hours(24);
constexpr std::size_t kFingerprintShown = 16;

void AddClaim(const std::string& which, const IdentityClaim& claim, Finding& finding) {
  finding.details[which + " address"] = claim.address;
  finding.details[which + " host name"] = claim.host_name;
  finding.details[which + " hardware"] =
      claim.hardware_fingerprint.empty() ? "not known" : claim.hardware_fingerprint.substr(0, kFingerprintShown);
}

class IdentityConflictRule final : public Rule {
 public:
  std::string_view type() const override { return "identity-conflict"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }

  void JudgeIdentity(const MachineRecord&, const IdentityConflict* conflict, absl::Time now,
                     const RuleSettings& settings, std::vector<Finding>& out) const override {
    Finding& finding = out.emplace_back();
    finding.time = finding.since = now;
    finding.interval = kIdentityJudgedEvery;
    finding.value = conflict != nullptr ? 2 : 1;
    finding.metric = "machines_with_this_identity";
    finding.levels.push_back({"shared", Severity::kHigh, conflict != nullptr ? Zone::kRaised : Zone::kClear, 2,
                              settings.Raise(absl::ZeroDuration()), settings.Clear(kClear)});
    if (conflict != nullptr) {
      AddClaim("first", conflict->first, finding);
      AddClaim("second", conflict->second, finding);
      finding.details["last seen together"] = ClockTime(conflict->time);
    }
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto detail = [&](const char* name) {
      const auto found = finding.details.find(name);
      return found == finding.details.end() ? std::string("unknown") : found->second;
    };
    return {"Two machines claim one identity",
            StrCat("Two machines report as ", MachineName(machine), ": ", detail("first host name"), " at ",
                   detail("first address"), " and ", detail("second host name"), " at ", detail("second address"),
                   "; one is a copy of the other."),
            "Only one of them is watched, and which one may change: what is stored of this machine may be the other's.",
            "Enrol the copy anew: make a token with `stewardctl token create`, and on the copy run "
            "`steward-agent enroll TOKEN`. Before a disk is copied again, remove the agent's state from it."};
  }
};

}  // namespace

std::unique_ptr<Rule> MakeIdentityConflict() { return std::make_unique<IdentityConflictRule>(); }

}  // namespace steward::collector
