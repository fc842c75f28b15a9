#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "base/text.h"
#include "collector/config/duration.h"
#include "collector/config/rule_scopes.h"
#include "collector/issues/issue_ids.h"
#include "collector/issues/issue_judge.h"
#include "collector/policy/responsibility.h"
#include "collector/policy/site_book.h"
#include "collector/policy/timeline/timeline.h"
#include "collector/policy/timeline/timeline_machine.h"
#include "collector/policy/window_request.h"
#include "collector/rules/rule_list.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kLookTakes = absl::Seconds(5);  // one that nobody answers
constexpr absl::Duration kKeepalive = absl::Seconds(75); // until the stream of a vanished machine is given up

// The policy with what the timeline sets itself.
Config Laid(const Timeline& timeline, Config config) {
  PolicyConfig& policy = config.policy;
  policy.windows.insert(policy.windows.end(), timeline.windows.begin(), timeline.windows.end());
  if (timeline.zone.empty()) return config;
  SiteConfig site{.name = timeline.site, .time_zone = timeline.zone, .week = {}, .holidays = {}};
  std::fill_n(site.week.begin(), 5, DayHours{absl::Hours(8), absl::Hours(17)});
  std::erase_if(policy.sites, [&](const SiteConfig& other) { return other.name == site.name; });
  policy.sites.push_back(std::move(site));
  return config;
}

// A simulated machine, its link, and a collector that can be killed.
class Simulation {
 public:
  Simulation(const Timeline& timeline, const Policy& policy) : timeline_(timeline), policy_(policy) {
    machine_.id = "6f1c2f9e-0000-4000-8000-000000000001";
    machine_.host_name = machine_.instance = "srv-file";
    machine_.address = "192.0.2.10";
    machine_.site = timeline.site;
    machine_.machine_class = timeline.machine_class;
    machine_.interval = timeline.interval;
    if (timeline.is_new_machine) machine_.enrolled_time = start_;
    windows_.SetZones(sites_.Zones());
    SetWindows(std::nullopt);
  }

  absl::StatusOr<std::vector<TimelineEvent>> Run() {
    const absl::Duration step = timeline_.end > absl::Hours(12) ? absl::Seconds(5) : absl::Seconds(1);
    StartCollector();
    Connect();
    std::size_t next = 0;
    for (now_ = start_; now_ <= start_ + timeline_.end; now_ += step) {
      for (; next < timeline_.steps.size() && start_ + timeline_.steps[next].at <= now_; ++next) {
        if (absl::Status status = Do(timeline_.steps[next]); !status.ok()) {
          return absl::InvalidArgumentError(
              StrCat(timeline_.name, ":", timeline_.steps[next].line, ": ", ToStd(status.message())));
        }
      }
      series_.Move(now_);
      if (stream_ends_ <= now_) Disconnect();
      if (running_ && (now_ - start_) % timeline_.interval < step) Sample();
      AnswerLooks();
      Take([&](JudgeOutput& out) { judge_->Tick(now_, out); });
      if (!wrong_.ok()) return wrong_;
    }
    return std::move(events_);
  }

 private:
  absl::Status Do(const TimelineStep& step) {
    if (step.words[0] == "disk") return series_.DoDisk(step);
    if (step.words[0] == "metric") return series_.DoMetric(step);
    if (step.words[0] == "window") return DoWindow(step);
    if (step.words[0] == "release") return DoRelease(step);
    const std::string what = absl::StrJoin(step.words, " ");
    const std::map<std::string, std::function<void()>> actions = {
        {"samples stop", [&] { sampling_ = false; }},
        {"samples go on", [&] { sampling_ = true; }},
        {"clock 2h slow", [&] { clock_error_ = -absl::Hours(2); }},
        {"clock right", [&] { clock_error_ = absl::ZeroDuration(); }},
        {"link down", [&] { link_ = answers_ = false; Disconnect(); }},
        {"stream lost", [&] { link_ = false; Disconnect(); }},
        {"link up", [&] { link_ = answers_ = true; Connect(); }},
        {"agent stops", [&] { Leave(v1::MachineEvent::AGENT_STOPPED, true); }},
        {"agent dies", [&] { running_ = false; Disconnect(); }},
        {"agent starts", [&] { running_ = true; Connect(); }},
        {"machine vanishes", [&] { running_ = answers_ = false; stream_ends_ = now_ + kKeepalive; }},
        {"machine shuts down", [&] { Leave(v1::MachineEvent::MACHINE_SHUTTING_DOWN, false); }},
        {"machine restarts", [&] { Leave(v1::MachineEvent::MACHINE_RESTARTING, false); }},
        {"machine suspends", [&] { Leave(v1::MachineEvent::SUSPENDING, false); }},
        {"machine returns", [&] { running_ = answers_ = true; Connect(); }},
        {"copy connects",
         [&] {
           const IdentityConflict conflict{now_, {machine_.address, machine_.host_name, "a"}, {"192.0.2.99", "copy", "b"}};
           Take([&](JudgeOutput& out) { judge_->OnIdentityConflict(machine_, conflict, out); });
         }},
        {"machine retired",
         [&] {
           machine_.state = MachineState::kRetired;
           running_ = false;
           Take([&](JudgeOutput& out) { judge_->OnMachineChanged(machine_, now_, out); });
         }},
        {"collector stops",
         [&] {
           Take([&](JudgeOutput& out) { judge_->Checkpoint(out); });
           judge_.reset();
         }},
        {"collector killed", [&] { judge_.reset(); }},
        {"collector starts",
         [&] {
           StartCollector();
           Connect();
         }},
    };
    const auto action = actions.find(what);
    if (action == actions.end()) return absl::InvalidArgumentError(StrCat("\"", what, "\" is not understood"));
    action->second();
    return absl::OkStatus();
  }

  void Leave(v1::MachineEvent::Kind kind, bool answers) {
    v1::MachineEvent event;
    event.set_kind(kind);
    Sample({event});
    running_ = false;
    answers_ = answers;
    Disconnect();
  }

  void StartCollector() {
    judge_ = std::make_unique<IssueJudge>(
        MakeRules(policy_.own_rules),
        [this](std::string_view rule, const MachineRecord& machine) {
          RuleConfig config = RuleFor(config_, rule, {machine.id, machine.host_name, machine.site, machine.machine_class});
          if (const auto found = timeline_.rules.find(std::string(rule)); found != timeline_.rules.end()) Lay(found->second, config);
          return config;
        },
        now_);
    judge_->UseTerms([this](std::string_view site) -> const SiteTerms& { return sites_.TermsOf(site); });
    judge_->UseWindows(windows_);
    judge_->UseParties([this](const v1::Issue& issue, std::string_view by_rule) {
      return ResponsibleParty(config_.policy.responsibility, issue, by_rule);
    });
    judge_->UseFirstWeeks([this] { return config_.policy.first_weeks; });
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    judge_->LoadIssues(records);
    if (timeline_.is_old_site) {
      MachineRecord older;
      older.id = "older";
      older.site = machine_.site;
      older.state = MachineState::kRetired;
      Take([&](JudgeOutput& out) { judge_->LoadMachine(older, "", out); });
    }
    Take([&](JudgeOutput& out) { judge_->LoadMachine(machine_, memory_, out); });
  }

  void Connect() {
    if (!judge_ || !link_ || !running_) return;
    connected_ = true;
    Take([&](JudgeOutput& out) { judge_->OnConnected(machine_, machine_.address, now_, out); });
    // The newest first, then what was kept meanwhile.
    std::deque<Observation> kept = std::exchange(kept_, {});
    if (!kept.empty()) {
      Deliver(kept.back());
      kept.pop_back();
    }
    for (const Observation& observation : kept) Deliver(observation);
  }

  void Disconnect() {
    stream_ends_ = absl::InfiniteFuture();
    if (connected_ && judge_) Take([&](JudgeOutput& out) { judge_->OnDisconnected(machine_, now_, out); });
    connected_ = false;
  }

  void Sample(std::vector<v1::MachineEvent> events = {}) {
    Observation observation;
    observation.machine = std::make_shared<const MachineRecord>(machine_);
    observation.epoch = 7;
    observation.sequence = ++sequence_;
    observation.time = now_ + clock_error_;
    observation.events = std::move(events);
    if (sampling_) wrong_.Update(series_.Sample(now_, observation));
    if (connected_ && judge_) Deliver(observation);
    else kept_.push_back(std::move(observation));
  }

  void Deliver(Observation observation) {
    observation.arrival_time = now_;
    observation.newest = observation.time > newest_;
    newest_ = std::max(newest_, observation.time);
    machine_.last_seen_time = newest_;
    Take([&](JudgeOutput& out) { judge_->OnObservation(observation, out); });
  }

  template <typename Function>
  void Take(Function function) {
    if (!judge_) return;  // the collector is down
    JudgeOutput out;
    function(out);
    for (const IssueChange& change : out.changes) {
      stored_[change.record.issue.id()] = change.record;
      if (!change.event) continue;
      const v1::Issue& issue = change.record.issue;
      std::string subject = issue.subject().empty() ? "-" : issue.subject();
      std::replace(subject.begin(), subject.end(), ' ', '_');  // words are what a timeline is made of
      events_.push_back({now_ - start_, change.event->action, issue.type(), std::move(subject),
                         issue.severity(), issue.id(), change.notify.empty() ? "" : IdempotencyKey(change.record)});
    }
    for (const JudgeOutput::Memory& memory : out.memories) memory_ = memory.text;
    for (std::size_t i = 0; i < out.looks.size(); ++i) looks_.push_back(now_);
  }

  void AnswerLooks() {
    while (!looks_.empty() && (answers_ || now_ - looks_.front() >= kLookTakes)) {
      looks_.pop_front();
      if (judge_) Take([&](JudgeOutput& out) { judge_->OnLook(machine_.id, answers_ ? Reach::kAnswered : Reach::kSilent, now_, out); });
    }
  }

  // The policy's windows, and the one that a step has begun.
  void SetWindows(std::optional<Window> once) {
    if (once) once_ = std::move(once);
    std::vector<Window> windows;
    for (const WindowConfig& config : config_.policy.windows) windows.push_back(WindowOf(KeptWindow(config)));
    if (once_) windows.push_back(*once_);
    windows_.SetWindows(std::move(windows));
  }

  // window 2h
  absl::Status DoWindow(const TimelineStep& step) {
    if (step.words.size() == 2 && step.words[1] == "removed" && once_) {
      once_->ended = now_;
      SetWindows(std::nullopt);
      return absl::OkStatus();
    }
    const auto length = ParseDuration(step.words.back());
    if (step.words.size() != 2 || !length.ok()) return absl::InvalidArgumentError("write window 2h, and later window removed");
    Window window;
    window.id = StrCat("w", step.line);
    window.title = "Updates";
    window.author = "Mari";
    window.begin.absolute = now_;
    window.end.absolute = now_ + *length;
    SetWindows(std::move(window));
    return absl::OkStatus();
  }

  // release disk-space-low, or all
  absl::Status DoRelease(const TimelineStep& step) {
    if (step.words.size() != 2) return absl::InvalidArgumentError("write release disk-space-low, or release all");
    v1::ReleaseFindingsRequest request;
    request.set_site(machine_.site);
    if (step.words[1] != "all") request.set_type(step.words[1]);
    absl::Status status;
    Take([&](JudgeOutput& out) {
      status = judge_->ReleaseFindings(request, {"Mari", "Mari", Role::kItManager}, now_, out).status();
    });
    return status;
  }

  const Timeline& timeline_;
  const absl::Time start_ = timeline_.start;
  const Policy& policy_;
  const Config config_ = Laid(timeline_, policy_.config);
  const SiteBook sites_{config_.policy, absl::UTCTimeZone()};
  WindowBook windows_;
  std::optional<Window> once_;
  MachineRecord machine_;
  std::unique_ptr<IssueJudge> judge_;
  absl::Time now_ = start_;
  absl::Time newest_ = absl::InfinitePast();
  absl::Time stream_ends_ = absl::InfiniteFuture();
  absl::Duration clock_error_;
  bool running_ = true, sampling_ = true, link_ = true, answers_ = true, connected_ = false;
  std::uint64_t sequence_ = 0;
  TimelineMachine series_{timeline_};
  absl::Status wrong_;  // a series that no agent could send
  std::deque<Observation> kept_;
  std::deque<absl::Time> looks_;
  std::map<std::string, IssueRecord> stored_;
  std::string memory_;
  std::vector<TimelineEvent> events_;
};

}  // namespace

absl::StatusOr<std::vector<TimelineEvent>> RunTimeline(const Timeline& timeline, const Policy& policy) {
  std::vector<std::unique_ptr<Rule>> rules = MakeRules(policy.own_rules);
  for (const auto& [name, config] : timeline.rules) {
    const std::string& type = name;
    if (std::any_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule->type() == type; })) continue;
    return absl::InvalidArgumentError(StrCat(timeline.name, ": there is no rule \"", name, "\""));
  }
  return Simulation(timeline, policy).Run();
}

}  // namespace steward::collector
