// site-unreachable: nothing is heard of a whole site, one issue instead of fifty. Only of sites with several machines that
// fell silent together: one that says good-bye in the evening like the rest is no sign.
#include <array>

#include "base/text.h"
#include "collector/rules/rule_list.h"
#include "collector/rules/site_presence.h"
#include "collector/rules/words.h"

namespace steward::collector {
namespace {

// Catalogue, site-unreachable: 3 min, 3 min good.
constexpr absl::Duration kTime = absl::Minutes(3);
constexpr std::array<Threshold, 1> kThresholds = {Threshold{"machines", 3}};

class SiteUnreachable final : public Rule {
 public:
  std::string_view type() const override { return "site-unreachable"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return kThresholds; }
  bool judges_sites() const override { return true; }

  void JudgeSite(const SitePresence& site, absl::Time now, const RuleSettings& settings, std::vector<Finding>& out) const override {
    const double least = settings.Level("machines");
    const bool gone = site.heard == 0 && static_cast<double>(site.lost) >= least;
    if (!gone && site.heard == 0) return;  // the rest of them may just be off
    Finding finding;
    finding.time = now;
    finding.since = gone ? std::max(site.last_heard, site.judged_from) : now;
    finding.interval = absl::Seconds(10);
    finding.value = static_cast<double>(gone ? site.lost : 0);
    finding.metric = "machines_lost_together";
    const absl::Duration raise = settings.Raise(kTime);
    finding.levels.push_back({"gone", Severity::kCritical, gone ? Zone::kRaised : Zone::kClear, least, raise, settings.Clear(raise)});
    if (gone) finding.details["last heard"] = ClockTime(site.last_heard);
    out.push_back(std::move(finding));
  }

  Watched WatchedOn(const MachineRecord&, const SeriesTracker&, std::size_t) const override {
    return {0, "is judged of sites with three machines or more"};
  }

  IssueText Describe(const MachineRecord& machine, const Finding& finding, Severity) const override {
    const auto heard = finding.details.find("last heard");
    return {"Site or its gateway gone",
            StrCat("Nothing is heard of the whole site", machine.site.empty() ? "" : " ", machine.site, " since ", heard == finding.details.end() ? "" : heard->second,
                   "; ", static_cast<int>(finding.value), " machines fell silent together."),
            "Its power, router or line is down: nobody there can work over the network, and nothing there is watched.",
            "Call somebody at the site: is there power? Then the router and the provider's line."};
  }
};

}  // namespace

std::unique_ptr<Rule> MakeSiteUnreachable() { return std::make_unique<SiteUnreachable>(); }

}  // namespace steward::collector
