#include "collector/policy/timeline/timeline_host.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kLookTakes = absl::Seconds(5);  // one that nobody answers
constexpr absl::Duration kKeepalive = absl::Seconds(75); // until the stream of a vanished machine is given up

MachineRecord RecordOf(const Timeline& timeline, int number) {
  MachineRecord record;
  record.id = absl::StrFormat("6f1c2f9e-0000-4000-8000-%012d", number);
  record.host_name = record.instance = timeline.fleet == 1 ? "srv-file" : absl::StrFormat("pc-%02d", number);
  record.address = StrCat("192.0.2.", 9 + number);
  record.site = timeline.site;
  record.machine_class = timeline.machine_class;
  record.interval = timeline.interval;
  if (timeline.is_new_machine) record.enrolled_time = timeline.start;
  return record;
}

}  // namespace

TimelineHost::TimelineHost(const Timeline& timeline, int number, const absl::Time& now, Ask ask)
    : number_(number), now_(now), ask_(std::move(ask)), record_(RecordOf(timeline, number)), series_(timeline) {}

absl::Status TimelineHost::Do(const TimelineStep& step) {
  if (step.words[0] == "disk") return series_.DoDisk(step);
  if (step.words[0] == "metric") return series_.DoMetric(step);
  const std::string what = absl::StrJoin(step.words, " ");
  const std::map<std::string, std::function<void()>> actions = {
      {"samples stop", [&] { sampling_ = false; }},
      {"samples go on", [&] { sampling_ = true; }},
      {"clock 2h slow", [&] { clock_error_ = -absl::Hours(2); }},
      {"clock 10m fast", [&] { known_error_ = absl::Minutes(10); }},
      {"clock right", [&] { clock_error_ = known_error_ = absl::ZeroDuration(); }},
      {"link down", [&] { link_ = answers_ = false; Disconnect(); }},
      {"stream lost", [&] { link_ = false; Disconnect(); }},
      {"link up", [&] { link_ = answers_ = true; Connect(); }},
      {"agent stops", [&] { Leave(v1::MachineEvent::AGENT_STOPPED, true); }},
      {"agent dies", [&] { running_ = keeps_epoch_ = false; Disconnect(); }},
      {"agent starts", [&] { Start(); }},
      {"machine vanishes", [&] { running_ = answers_ = keeps_epoch_ = false; stream_ends_ = now_ + kKeepalive; }},
      {"machine shuts down", [&] { Leave(v1::MachineEvent::MACHINE_SHUTTING_DOWN, false); }},
      {"machine restarts", [&] { Leave(v1::MachineEvent::MACHINE_RESTARTING, false); }},
      {"machine suspends", [&] { Leave(v1::MachineEvent::SUSPENDING, false); }},
      {"machine returns", [&] { answers_ = true; Start(); }},
      {"copy connects",
       [&] {
         const IdentityConflict conflict{now_, {record_.address, record_.host_name, "a"}, {"192.0.2.99", "copy", "b"}};
         ask_([&](IssueJudge& judge, JudgeOutput& out) { judge.OnIdentityConflict(record_, conflict, out); });
       }},
      {"machine retired",
       [&] {
         record_.state = MachineState::kRetired;
         running_ = false;
         ask_([&](IssueJudge& judge, JudgeOutput& out) { judge.OnMachineChanged(record_, now_, out); });
       }},
  };
  const auto action = actions.find(what);
  if (action == actions.end()) return absl::InvalidArgumentError(StrCat("\"", what, "\" is not understood"));
  action->second();
  return absl::OkStatus();
}

absl::Status TimelineHost::Pass(bool is_sampled) {
  series_.Move(now_);
  if (stream_ends_ <= now_) Disconnect();
  if (running_ && is_sampled) Sample();
  AnswerLooks();
  return wrong_;
}

void TimelineHost::Leave(v1::MachineEvent::Kind kind, bool answers) {
  v1::MachineEvent event;
  event.set_kind(kind);
  Sample({event});
  running_ = false;
  keeps_epoch_ = kind == v1::MachineEvent::SUSPENDING;
  answers_ = answers;
  Disconnect();
}

void TimelineHost::Start() {
  if (!keeps_epoch_) series_.StartEpoch();
  running_ = keeps_epoch_ = true;
  Connect();
}

void TimelineHost::Connect() {
  if (!link_ || !running_) return;
  ask_([&](IssueJudge& judge, JudgeOutput& out) {
    connected_ = true;
    judge.OnConnected(record_, record_.address, now_, out);
  });
  if (!connected_) return;
  // The newest first, then what was kept meanwhile.
  std::deque<Observation> kept = std::exchange(kept_, {});
  if (!kept.empty()) {
    Deliver(kept.back());
    kept.pop_back();
  }
  for (const Observation& observation : kept) Deliver(observation);
}

void TimelineHost::Disconnect() {
  stream_ends_ = absl::InfiniteFuture();
  if (connected_) ask_([&](IssueJudge& judge, JudgeOutput& out) { judge.OnDisconnected(record_, now_, out); });
  connected_ = false;
}

void TimelineHost::Sample(std::vector<v1::MachineEvent> events) {
  Observation observation;
  observation.machine = std::make_shared<const MachineRecord>(record_);
  observation.sequence = ++sequence_;
  observation.time = now_ + clock_error_;
  observation.clock_error = known_error_;
  observation.events = std::move(events);
  if (sampling_) wrong_.Update(series_.Sample(now_, observation));
  if (connected_) Deliver(observation);
  else kept_.push_back(std::move(observation));
}

void TimelineHost::Deliver(Observation observation) {
  observation.arrival_time = now_;
  observation.newest = observation.time > newest_;
  newest_ = std::max(newest_, observation.time);
  record_.last_seen_time = newest_;
  ask_([&](IssueJudge& judge, JudgeOutput& out) { judge.OnObservation(observation, out); });
}

void TimelineHost::AnswerLooks() {
  while (!looks_.empty() && (answers_ || now_ - looks_.front() >= kLookTakes)) {
    looks_.pop_front();
    ask_([&](IssueJudge& judge, JudgeOutput& out) {
      judge.OnLook(record_.id, answers_ ? Reach::kAnswered : Reach::kSilent, now_, out);
    });
  }
}

}  // namespace steward::collector
