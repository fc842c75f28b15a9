// A fleet of machines before the real judge: for stories in which several of them matter.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "gtest/gtest.h"

namespace steward::collector {

inline const absl::Time kFleetStart = absl::FromUnixSeconds(1'772'438'400);

// Machines that report, or not, to a judge whose clock is moved.
class IssueFleet : public testing::Test {
 protected:
  void Machines(const std::string& site, int count, const std::string& net = "192.0.2.") {
    for (int i = 1; i <= count; ++i) {
      MachineRecord& machine = machines_.emplace_back();
      machine.id = site + std::to_string(i);
      machine.host_name = machine.instance = "srv-" + std::to_string(i);
      machine.site = site;
      machine.machine_class = "server";
      machine.address = net + std::to_string(i);
      up_[machine.id] = true;
    }
  }
  virtual void Prepare(IssueJudge& /*judge*/) {}
  void StartCollector() {
    judge_ = std::make_unique<IssueJudge>(MakeRules(), [this](std::string_view rule, const MachineRecord&) {
      RuleConfig config;
      if (rule == switched_off_) config.enabled = false;
      return config;
    }, now_);
    judge_->UseOwnNetwork([this] { return network_; });
    Prepare(*judge_);
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    judge_->LoadIssues(records);
    for (const MachineRecord& machine : machines_) Take([&](JudgeOutput& out) { judge_->LoadMachine(machine, "", out); });
    Take([&](JudgeOutput& out) { judge_->EndUnjudged(now_, out); });
    for (const MachineRecord& machine : machines_) Connect(machine);
  }
  // Empty: none.
  void SwitchOff(const std::string& rule) {
    switched_off_ = rule;
    Take([&](JudgeOutput& out) { judge_->Reconfigure(MakeRules(), now_, out); });
  }
  void Connect(const MachineRecord& machine) {
    if (up_[machine.id] && network_) Take([&](JudgeOutput& out) { judge_->OnConnected(machine, machine.address, now_, out); });
  }
  void SetUp(const std::string& site, bool up) {
    for (const MachineRecord& machine : machines_) {
      if (machine.site == site) SetMachine(machine, up);
    }
  }
  void SetMachine(const MachineRecord& machine, bool up) {
    up_[machine.id] = up;
    if (up) Connect(machine);
    else Take([&](JudgeOutput& out) { judge_->OnDisconnected(machine, now_, out); });
  }
  void Run(absl::Duration span) {
    for (const absl::Time end = now_ + span; now_ < end; now_ += absl::Seconds(1)) {
      for (MachineRecord& machine : machines_) {
        if (!up_[machine.id] || !network_ || absl::ToUnixSeconds(now_) % 15 != 0) continue;
        machine.last_seen_time = now_;
        Observation observation;
        observation.machine = std::make_shared<const MachineRecord>(machine);
        observation.epoch = 1;
        observation.sequence = ++sequence_;
        observation.time = observation.arrival_time = now_;
        observation.newest = true;
        observation.descriptors = std::make_shared<const wire::DescriptorTable>();
        Take([&](JudgeOutput& out) { judge_->OnObservation(observation, out); });
      }
      Take([&](JudgeOutput& out) { judge_->Tick(now_, out); });
    }
  }
  // No template: it calls itself with another lambda.
  void Take(const std::function<void(JudgeOutput&)>& function) {
    JudgeOutput out;
    function(out);
    for (const IssueChange& change : out.changes) {
      stored_[change.record.issue.id()] = change.record;
      if (change.event && change.event->action == "escalated") continue;  // nobody comes in these stories
      if (!change.notify.empty()) told_.push_back(change.notify + " " + change.record.issue.type() + " " + change.record.issue.site());
      if (!change.notify.empty()) last_ = change.record.issue;
    }
    for (const JudgeOutput::Look& look : out.looks) {
      Take([&](JudgeOutput& answer) {
        judge_->OnLook(look.machine_id, up_[look.machine_id] && network_ ? Reach::kAnswered : Reach::kSilent, now_, answer);
      });
    }
  }

  std::vector<MachineRecord> machines_;
  std::map<std::string, bool> up_;
  std::map<std::string, IssueRecord> stored_;
  std::unique_ptr<IssueJudge> judge_;
  absl::Time now_ = kFleetStart;
  bool network_ = true;
  std::string switched_off_;
  std::uint64_t sequence_ = 0;
  std::vector<std::string> told_;
  v1::Issue last_;
};

}  // namespace steward::collector
