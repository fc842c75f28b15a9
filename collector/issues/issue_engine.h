// The issue engine: what ingest observed becomes issues, durable and told.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/delivery/progress.h"
#include "collector/ingest/observation.h"
#include "collector/issues/issue_desk.h"
#include "collector/issues/issue_judge.h"
#include "collector/issues/issue_writer.h"
#include "collector/issues/rule_metrics.h"
#include "collector/rules/reachability.h"
#include "collector/storage/storage.h"

namespace steward::collector {

// Lives on the core thread: every call and callback comes from `executor`, those of IssueDesk may come from any thread. What
// it is made of outlives it.
class IssueEngine final : public ObservationSink, public IssueDesk {
 public:
  static constexpr absl::Duration kTick = absl::Seconds(1);
  static constexpr absl::Duration kCoverTold = absl::Minutes(5);

  struct Parts {
    Storage& storage;
    Clock& clock;
    boost::asio::any_io_executor executor;
    Reachability& reachability;
    std::vector<std::unique_ptr<Rule>> rules;
    IssueJudge::ConfigOf config_of;
    RouteIssue route;
    std::function<void()> outbox_written;  // wakes delivery
    Progress& progress;                    // moves with each tick, while changes can be stored
    TermsOf terms_of = {};                 // by which clocks are counted; none: the catalogue's, in office hours of UTC
    PartyFor party_for = {};               // whose move an issue is when it opens; none: what its rule says
    std::function<void(v1::Issue&)> help = {};  // fills in what helps to act on it; none: nothing
    WindowBook* windows = nullptr;         // which maintenance windows there are; none: there are none
    std::function<CollectorHealth()> health = {};  // how the collector itself is; none: it is not judged
    RuleMetrics* metrics = nullptr;        // told what the rules do; none: nobody
    std::function<IssueJudge::Needs(const MachineRecord&)> needs_of = {};  // what a machine needs of others; none: nothing
    FirstWeeks::Terms first_weeks = {};    // how long findings are initial ones; none: they never are
  };
  explicit IssueEngine(Parts parts);
  ~IssueEngine() override;

  // Takes up what was stored and begins to judge. Errors: the storage's.
  absl::Status Start();
  // What `config_of` answers has changed, and these are the rules now. Before Start or after it.
  void Reconfigure(std::vector<std::unique_ptr<Rule>> rules);
  // Stores all progress (the storage finishes the write) and judges no more.
  void Stop();

  void OnObservation(const Observation& observation) override;
  void OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now) override;
  void OnDisconnected(const MachineRecord& machine, absl::Time now) override;
  void OnIdentityConflict(const MachineRecord& machine, const IdentityConflict& conflict) override;
  void OnMachineChanged(const MachineRecord& machine) override;
  void OnMachineDeleted(const MachineRecord& machine) override;

  void Act(v1::ActOnIssueRequest request, Actor actor, Done done) override;
  void Create(v1::CreateIssueRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) override;
  void Drill(std::string type, MachineRecord machine, Actor actor, Done done) override;
  void ReleaseFindings(v1::ReleaseFindingsRequest request, Actor actor,
                       std::function<void(absl::StatusOr<std::vector<v1::Issue>>)> done) override;
  void ListWatched(std::string machine_id, std::function<void(absl::StatusOr<v1::ListWatchedResponse>)> done) override;

 private:
  void Tick();
  // Evidence that cannot be read is missing, the issue is not.
  std::string ReadFact(std::string_view machine_id, const FactName& fact);
  void Carry(JudgeOutput output, std::function<void()> stored = {});
  // Has the judge do what a person asks, on the core thread, and answers when it is stored.
  template <typename Answer>
  using Ask = std::function<absl::StatusOr<Answer>(IssueJudge& judge, absl::Time now, JudgeOutput& out)>;
  template <typename Answer>
  void Serve(Ask<Answer> ask, std::function<void(absl::StatusOr<Answer>)> done);

  Parts parts_;
  std::unique_ptr<IssueJudge> judge_;
  std::unique_ptr<IssueWriter> writer_;
  std::unique_ptr<Timer> timer_;
  absl::Time next_cover_ = absl::InfinitePast();  // when the metrics are told what is watched
  bool running_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace steward::collector
