// A machine of a timeline with its agent and its line to the collector.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/issues/issue_judge.h"
#include "collector/policy/timeline/timeline.h"
#include "collector/policy/timeline/timeline_machine.h"
#include "collector/storage/records.h"

namespace steward::collector {

class TimelineHost {
 public:
  // Has the collector do something; nothing happens while it is down.
  using Ask = std::function<void(const std::function<void(IssueJudge& judge, JudgeOutput& out)>& what)>;

  // `number`: 1 is the first of the fleet. `now` is moved by who owns this.
  TimelineHost(const Timeline& timeline, int number, const absl::Time& now, Ask ask);

  const MachineRecord& record() const { return record_; }
  bool Is(const TimelineStep& step) const { return step.first <= number_ && number_ <= step.last; }

  // What happens to the machine, its agent or its link. InvalidArgument: it is not understood.
  absl::Status Do(const TimelineStep& step);
  void Connect();
  void Disconnect();
  void LoseCollector() { connected_ = false; }
  // The collector looks whether the machine answers.
  void Look() { looks_.push_back(now_); }
  // What happens by itself now. InvalidArgument: a series that no agent could send.
  absl::Status Pass(bool is_sampled);

 private:
  // The agent runs (again).
  void Start();
  void Leave(v1::MachineEvent::Kind kind, bool answers);
  void Sample(std::vector<v1::MachineEvent> events = {});
  void Deliver(Observation observation);
  void AnswerLooks();

  const int number_;
  const absl::Time& now_;
  const Ask ask_;
  MachineRecord record_;
  TimelineMachine series_;
  absl::Time newest_ = absl::InfinitePast();
  absl::Time stream_ends_ = absl::InfiniteFuture();
  absl::Duration clock_error_;
  absl::Duration known_error_;  // that the collector sets right
  bool running_ = true, sampling_ = true, link_ = true, answers_ = true, connected_ = false, keeps_epoch_ = true;
  std::uint64_t sequence_ = 0;
  absl::Status wrong_;
  std::deque<Observation> kept_;
  std::deque<absl::Time> looks_;
};

}  // namespace steward::collector
