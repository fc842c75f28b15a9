#include "collector/issues/issue_engine.h"

#include <chrono>
#include <utility>

#include "boost/asio/post.hpp"
#include "collector/rules/own_network.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

namespace {

// What the machine spends, whatever the clock of the rules says.
class Stopwatch {
 public:
  absl::Duration elapsed() const { return absl::FromChrono(std::chrono::steady_clock::now() - begin_); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

IssueEngine::IssueEngine(Parts parts) : parts_(std::move(parts)), timer_(parts_.clock.NewTimer(parts_.executor)) {}

IssueEngine::~IssueEngine() { *alive_ = false; }

absl::Status IssueEngine::Start() {
  judge_ = std::make_unique<IssueJudge>(std::move(parts_.rules), parts_.config_of, parts_.clock.WallNow());
  writer_ = std::make_unique<IssueWriter>(parts_.storage, parts_.clock, parts_.executor, parts_.route, parts_.outbox_written);
  if (parts_.terms_of) judge_->UseTerms(parts_.terms_of);
  if (parts_.party_for) judge_->UseParties(parts_.party_for);
  if (parts_.windows != nullptr) judge_->UseWindows(*parts_.windows);
  if (parts_.first_weeks) judge_->UseFirstWeeks(parts_.first_weeks);
  if (parts_.needs_of) judge_->UseNeeds(parts_.needs_of);
  if (parts_.health) judge_->UseHealth(parts_.health);
  judge_->UseFacts([this](std::string_view machine_id, const FactName& fact) { return ReadFact(machine_id, fact); });
  judge_->UseOwnNetwork(OwnNetworkWorks);
  JudgeOutput output;
  const absl::Status status = parts_.storage.Read([&](StorageReader& reader) -> absl::Status {
    const absl::StatusOr<std::vector<IssueRecord>> issues = reader.ListIssues(true);
    if (!issues.ok()) return issues.status();
    judge_->LoadIssues(*issues);
    const absl::StatusOr<std::vector<MachineRecord>> machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    for (const MachineRecord& machine : *machines) {
      const absl::StatusOr<std::optional<std::string>> memory = reader.GetSetting(MemorySettingKey(machine.id));
      if (!memory.ok()) return memory.status();
      judge_->LoadMachine(machine, memory->value_or(""), output);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  judge_->EndUnjudged(parts_.clock.WallNow(), output);
  running_ = true;
  Carry(std::move(output));
  timer_->Start(kTick, [this] { Tick(); });
  return absl::OkStatus();
}

std::string IssueEngine::ReadFact(std::string_view machine_id, const FactName& fact) {
  std::string value;
  const absl::Status read = parts_.storage.Read([&](StorageReader& reader) {
    absl::StatusOr<std::string> found = reader.FactValue(machine_id, fact.group, fact.key);
    if (found.ok()) value = *std::move(found);
    return absl::IsNotFound(found.status()) ? absl::OkStatus() : found.status();
  });
  if (!read.ok()) spdlog::warn("inventory, {} {} of machine {}: {}", fact.group, fact.key, machine_id, read.ToString());
  return value;
}

void IssueEngine::Reconfigure(std::vector<std::unique_ptr<Rule>> rules) {
  if (!judge_) {
    parts_.rules = std::move(rules);
  } else if (running_) {
    JudgeOutput output;
    judge_->Reconfigure(std::move(rules), parts_.clock.WallNow(), output);
    Carry(std::move(output));
  }
}

void IssueEngine::Stop() {
  if (!running_) return;
  JudgeOutput output;
  judge_->Checkpoint(output);
  Carry(std::move(output));
  writer_->Flush();
  running_ = false;
  timer_->Cancel();
}

void IssueEngine::Tick() {
  const Stopwatch watch;
  JudgeOutput output;
  const absl::Time now = parts_.clock.WallNow();
  judge_->Tick(now, output);
  Carry(std::move(output));
  if (parts_.metrics != nullptr && now >= next_cover_) {
    parts_.metrics->SetCover(judge_->Cover());
    next_cover_ = now + (next_cover_ == absl::InfinitePast() ? absl::Minutes(1) : kCoverTold);  // at the start few have reported
  }
  if (parts_.metrics != nullptr) parts_.metrics->Ticked(now, watch.elapsed());
  if (!writer_->failing()) parts_.progress.Moved();
  timer_->Start(kTick, [this] { Tick(); });
}

void IssueEngine::OnObservation(const Observation& observation) {
  if (!running_) return;
  JudgeOutput output;
  const Stopwatch watch;
  judge_->OnObservation(observation, output);
  if (parts_.metrics != nullptr) parts_.metrics->Judged(output.late, watch.elapsed());
  Carry(std::move(output));
}

void IssueEngine::OnConnected(const MachineRecord& machine, const std::string& address, absl::Time now) {
  if (!running_) return;
  JudgeOutput output;
  judge_->OnConnected(machine, address, now, output);
  Carry(std::move(output));
}

void IssueEngine::OnDisconnected(const MachineRecord& machine, absl::Time now) {
  if (!running_) return;
  JudgeOutput output;
  judge_->OnDisconnected(machine, now, output);
  Carry(std::move(output));
}

void IssueEngine::OnIdentityConflict(const MachineRecord& machine, const IdentityConflict& conflict) {
  if (!running_) return;
  JudgeOutput output;
  judge_->OnIdentityConflict(machine, conflict, output);
  Carry(std::move(output));
}

void IssueEngine::OnMachineChanged(const MachineRecord& machine) {
  if (!running_) return;
  JudgeOutput output;
  judge_->OnMachineChanged(machine, parts_.clock.WallNow(), output);
  Carry(std::move(output));
}

// Being retired has closed its issues already.
void IssueEngine::OnMachineDeleted(const MachineRecord& machine) {
  if (running_) writer_->Forget(machine.id);
}

template <typename Answer>
void IssueEngine::Serve(Ask<Answer> ask, std::function<void(absl::StatusOr<Answer>)> done) {
  boost::asio::post(parts_.executor, [this, alive = std::weak_ptr(alive_), ask = std::move(ask), done = std::move(done)] {
    const auto still = alive.lock();
    if (!still || !*still || !running_) return done(absl::UnavailableError("the collector is stopping"));
    if (writer_->failing()) {
      return done(absl::UnavailableError("nothing can be stored now, so nothing was changed; the collector's log says why"));
    }
    JudgeOutput output;
    absl::StatusOr<Answer> answer = ask(*judge_, parts_.clock.WallNow(), output);
    if (!answer.ok()) return done(std::move(answer));
    Carry(std::move(output), [done, answer = *std::move(answer)] { done(answer); });
  });
}

void IssueEngine::Act(v1::ActOnIssueRequest request, Actor actor, Done done) {
  Serve<v1::Issue>([request = std::move(request), actor = std::move(actor)](IssueJudge& judge, absl::Time now, JudgeOutput& out) {
    return judge.Act(request, actor, now, out);
  }, std::move(done));
}

void IssueEngine::Create(v1::CreateIssueRequest request, std::optional<MachineRecord> machine, Actor actor, Done done) {
  Serve<v1::Issue>([request = std::move(request), machine = std::move(machine), actor = std::move(actor)](
            IssueJudge& judge, absl::Time now, JudgeOutput& out) {
    return judge.Create(request, machine ? &*machine : nullptr, actor, now, out);
  }, std::move(done));
}

void IssueEngine::Drill(std::string type, MachineRecord machine, Actor actor, Done done) {
  Serve<v1::Issue>([type = std::move(type), machine = std::move(machine), actor = std::move(actor)](IssueJudge& judge, absl::Time now,
                                                                                         JudgeOutput& out) {
    return judge.Drill(type, machine, actor, now, out);
  }, std::move(done));
}

void IssueEngine::ReleaseFindings(v1::ReleaseFindingsRequest request, Actor actor,
                                  std::function<void(absl::StatusOr<std::vector<v1::Issue>>)> done) {
  Serve<std::vector<v1::Issue>>([request = std::move(request), actor = std::move(actor)](IssueJudge& judge, absl::Time now,
                                                                                        JudgeOutput& out) {
    return judge.ReleaseFindings(request, actor, now, out);
  }, std::move(done));
}

void IssueEngine::ListWatched(std::string machine_id, std::function<void(absl::StatusOr<v1::ListWatchedResponse>)> done) {
  boost::asio::post(parts_.executor, [this, alive = std::weak_ptr(alive_), id = std::move(machine_id), done = std::move(done)] {
    const auto still = alive.lock();
    if (!still || !*still || !running_) return done(absl::UnavailableError("the collector is stopping"));
    v1::ListWatchedResponse response;
    response.set_machine_id(id);
    for (const auto& [type, watched] : judge_->WatchedOn(id)) {
      v1::WatchedType& item = *response.add_types();
      item.set_type(type);
      item.set_subjects(static_cast<std::uint32_t>(watched.subjects));
      item.set_why_not(watched.why_not);
    }
    if (response.types().empty()) return done(absl::FailedPreconditionError("nothing is judged on this machine: it is retired"));
    done(std::move(response));
  });
}

void IssueEngine::Carry(JudgeOutput output, std::function<void()> stored) {
  for (JudgeOutput::Look& look : output.looks) {
    parts_.reachability.Look(look.address, look.deadline,
                             [this, alive = std::weak_ptr(alive_), id = look.machine_id](Reach reach) {
                               const auto still = alive.lock();
                               if (!still || !running_) return;
                               JudgeOutput answer;
                               judge_->OnLook(id, reach, parts_.clock.WallNow(), answer);
                               Carry(std::move(answer));
                             });
  }
  output.looks.clear();
  for (IssueChange& change : output.changes) {
    if (parts_.help) parts_.help(change.record.issue);
    if (!change.event) continue;
    const v1::Issue& issue = change.record.issue;
    spdlog::info("issue {} {} on {} {}: {} ({})", issue.id(), issue.type(), issue.host_name(), issue.subject(),
                 change.event->action, issue.severity());
  }
  if (stored || !output.changes.empty() || !output.memories.empty()) writer_->Add(std::move(output), std::move(stored));
}

}  // namespace steward::collector
