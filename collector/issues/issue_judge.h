// Observations, connections and the clock in; issue changes out. Pure and single-threaded: a log of (arrival time,
// observation) gives the same issues each time it is replayed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "collector/ingest/observation.h"
#include "collector/issues/issue_book.h"
#include "collector/issues/machine_watch.h"
#include "collector/issues/rule_cover.h"
#include "collector/issues/site_views.h"
#include "collector/rules/collector_health.h"
#include "collector/rules/rule.h"

namespace steward::collector {

// What a step asks of the outside.
struct JudgeOutput {
  struct Look {
    MachineId machine_id;
    std::string address;
    absl::Duration deadline;  // until it counts as not answered
  };
  struct Memory {  // to be kept for the next start, by machine
    MachineId machine_id;
    std::string text;
  };
  bool late = false;  // the observation judged nothing
  std::vector<IssueChange> changes;
  std::vector<Look> looks;
  std::vector<Memory> memories;
};

class IssueJudge {
 public:
  // What configuration says of a rule for such a machine.
  using ConfigOf = std::function<RuleConfig(std::string_view rule, const MachineRecord& machine)>;

  // A sample is late, and judges nothing, if it is further behind than this, or two intervals if that is more.
  static constexpr absl::Duration kLate = absl::Seconds(60);
  static constexpr absl::Duration kMemoryStored = absl::Minutes(30);
  // So long after a machine fell silent those that need it wait for what becomes of it.
  static constexpr absl::Duration kNeededMayBeGone = absl::Minutes(3);
  // What a site's machines see is put together this often.
  static constexpr absl::Duration kViewsJudged = absl::Seconds(5);
  static constexpr absl::Duration kSitesJudged = absl::Seconds(5);

  // `start`: since when this collector listens. Silence counts from one raise time of machine-offline later.
  IssueJudge(std::vector<std::unique_ptr<Rule>> rules, ConfigOf config_of, absl::Time start);

  // At start, in this order. Without terms clocks are the catalogue's, in office hours of UTC.
  void UseTerms(TermsOf terms_of) { book_.UseTerms(terms_of_ = std::move(terms_of)); }
  // What the machines' inventories say; without it nothing.
  void UseFacts(IssueBook::FactOf fact_of) { book_.UseFacts(std::move(fact_of)); }
  void UseWindows(WindowBook& windows) { book_.UseWindows(windows); }
  // Without terms there are no initial findings. Before LoadMachine.
  void UseFirstWeeks(FirstWeeks::Terms terms) { book_.first_weeks().UseTerms(std::move(terms)); }
  // Whose move an issue is when it opens; without it that is what its rule says.
  void UseParties(PartyFor party_for) { book_.UseParties(std::move(party_for)); }
  // What such a machine needs of others, by the names that people gave; without it nothing is known.
  struct Needs {
    std::vector<std::string> powered_by, runs_on;  // host names or ids
  };
  void UseNeeds(std::function<Needs(const MachineRecord&)> needs_of);
  // Whether the collector itself can hear anybody; without it that it can.
  void UseOwnNetwork(std::function<bool()> works) { own_network_works_ = std::move(works); }
  // How the collector itself is; without it nothing is judged of it.
  void UseHealth(std::function<CollectorHealth()> health) { health_ = std::move(health); }
  void LoadIssues(const std::vector<IssueRecord>& records) { book_.Load(records); }
  void LoadMachine(const MachineRecord& machine, std::string_view memory, JudgeOutput& out);
  // After them: what was open when the collector stopped and nothing judges any more is closed.
  void EndUnjudged(absl::Time now, JudgeOutput& out);

  void OnObservation(const Observation& observation, JudgeOutput& out);
  void OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now, JudgeOutput& out);
  void OnDisconnected(const MachineRecord& machine, absl::Time now, JudgeOutput& out);
  void OnIdentityConflict(const MachineRecord& machine, const IdentityConflict& conflict, JudgeOutput& out);
  void OnMachineChanged(const MachineRecord& machine, absl::Time now, JudgeOutput& out);
  // The answer to a look asked for.
  void OnLook(std::string_view machine_id, Reach reach, absl::Time now, JudgeOutput& out);
  // What is watched on the machine and what is not: each type once, in the rules' order. Empty: there is no such machine.
  std::vector<std::pair<std::string, Watched>> WatchedOn(std::string_view machine_id) const;
  // The same of all machines together, by type.
  std::map<std::string, RuleCover> Cover() const;
  // What people do; IssueBook says what comes of it.
  absl::StatusOr<v1::Issue> Act(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now, JudgeOutput& out) {
    return book_.Act(request, actor, now, out.changes);
  }
  absl::StatusOr<v1::Issue> Create(const v1::CreateIssueRequest& request, const MachineRecord* machine, const Actor& actor,
                                   absl::Time now, JudgeOutput& out) {
    return book_.Create(request, machine, actor, now, out.changes);
  }
  absl::StatusOr<std::vector<v1::Issue>> ReleaseFindings(const v1::ReleaseFindingsRequest& request, const Actor& actor,
                                                         absl::Time now, JudgeOutput& out) {
    return book_.ReleaseFindings(request, actor, now, out.changes);
  }
  // Other rules, or another configuration of them. Of series that are sampled seldom the rules know only after the next sample.
  void Reconfigure(std::vector<std::unique_ptr<Rule>> rules, absl::Time now, JudgeOutput& out);
  // NotFound: no rule of that type.
  absl::StatusOr<v1::Issue> Drill(std::string_view type, const MachineRecord& machine, const Actor& actor, absl::Time now,
                                  JudgeOutput& out);
  // To be called about every second.
  void Tick(absl::Time now, JudgeOutput& out);
  // All that is only in memory.
  void Checkpoint(JudgeOutput& out);

 private:
  using Watches = std::map<MachineId, MachineWatch, std::less<>>;

  MachineWatch& WatchOf(const MachineRecord& machine);
  void Configure(MachineWatch& watch, absl::Time now, JudgeOutput& out);
  void JudgePresence(MachineWatch& watch, absl::Time now, JudgeOutput& out);
  // The finding with the severity that the configuration wants, if it wants one; Tell has the book take it.
  static Finding AsTold(Finding finding, const RuleSettings& settings);
  void Tell(const MachineRecord& record, const Rule& rule, const RuleSettings& settings, Finding finding, absl::Time now, JudgeOutput& out);
  void JudgeSites(absl::Time now, JudgeOutput& out);
  void JudgeViews(absl::Time now, JudgeOutput& out);
  // Issues of sites at which nobody has looked any more.
  void MarkSitesStale(absl::Time now, JudgeOutput& out);
  void JudgeCollector(absl::Time now, JudgeOutput& out);
  std::set<std::string> Sites() const;
  // Issues of a site of rules that are switched off there.
  void CloseSwitchedOff(const std::string& site, absl::Time now, JudgeOutput& out);
  void JudgeDates(MachineWatch& watch, absl::Time now, JudgeOutput& out);
  void MarkStale(const MachineWatch& watch, absl::Time now, JudgeOutput& out);
  // `record` may stand for a site.
  void CloseWhatIsTakenOut(const MachineRecord& record, const Rule& rule, absl::Time now, JudgeOutput& out);
  std::optional<absl::CivilDay> WorkdayAt(const MachineRecord& machine, absl::Time time) const;
  void JudgeIdentity(MachineWatch& watch, const IdentityConflict* conflict, absl::Time now, JudgeOutput& out);
  std::vector<MachineLink> LinksOf(std::string_view machine_id) const;
  bool IsAbsenceWatched(std::string_view machine_id) const;
  bool IsAddressShared(const MachineWatch& watch) const;

  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<RuleInputs> inputs_;  // by rule
  ConfigOf config_of_;
  absl::Time start_;
  std::function<bool()> own_network_works_ = [] { return true; };
  std::function<CollectorHealth()> health_;
  std::function<Needs(const MachineRecord&)> needs_of_;
  absl::Time now_ = absl::InfinitePast();  // of the last tick
  absl::Time listening_since_ = start_;  // without a break
  TermsOf terms_of_;
  IssueBook book_;
  Watches watches_;
  SiteViews views_;
  absl::Time next_housekeeping_ = absl::InfinitePast();
  absl::Time next_views_ = absl::InfinitePast();
  absl::Time next_sites_ = absl::InfinitePast();
};

}  // namespace steward::collector
