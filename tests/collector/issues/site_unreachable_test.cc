// A site that is cut off: many machines, one message.
#include <functional>
#include <map>
#include <memory>

#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

class SiteTest : public testing::Test {
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
  void StartCollector() {
    judge_ = std::make_unique<IssueJudge>(MakeRules(), [](std::string_view, const MachineRecord&) { return RuleConfig(); }, now_);
    judge_->UseOwnNetwork([this] { return network_; });
    std::vector<IssueRecord> records;
    for (const auto& [id, record] : stored_) records.push_back(record);
    judge_->LoadIssues(records);
    for (const MachineRecord& machine : machines_) Take([&](JudgeOutput& out) { judge_->LoadMachine(machine, "", out); });
    for (const MachineRecord& machine : machines_) Connect(machine);
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
  absl::Time now_ = kStart;
  bool network_ = true;
  std::uint64_t sequence_ = 0;
  std::vector<std::string> told_;
  v1::Issue last_;
};

TEST_F(SiteTest, APowerCutOfFiftyMachinesIsOneMessage) {
  Machines("branch", 50);
  Machines("main", 3, "198.51.100.");
  StartCollector();
  Run(absl::Minutes(10));
  SetUp("branch", false);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened site-unreachable branch"));
  EXPECT_EQ(last_.machine_id(), "");
  EXPECT_EQ(last_.host_name(), "");
  EXPECT_THAT(last_.evidence().details().at("related"), testing::HasSubstr("and 40 more"));
  SetUp("branch", true);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened site-unreachable branch", "resolved site-unreachable branch"));
}

TEST_F(SiteTest, AMachineThatDoesNotComeBackWithItsSiteIsTold) {
  Machines("branch", 5);
  StartCollector();
  Run(absl::Minutes(10));
  SetUp("branch", false);
  Run(absl::Minutes(10));
  told_.clear();
  for (std::size_t i = 0; i < 4; ++i) SetMachine(machines_[i], true);
  Run(absl::Minutes(10));
  EXPECT_THAT(told_, ElementsAre("resolved site-unreachable branch"));
  Run(absl::Minutes(20));
  EXPECT_THAT(told_, ElementsAre("resolved site-unreachable branch", "opened machine-offline branch"));
}

TEST_F(SiteTest, TwoOfThreeMachinesAreTwoIssues) {
  Machines("branch", 3);
  StartCollector();
  Run(absl::Minutes(10));
  SetMachine(machines_[0], false);
  SetMachine(machines_[1], false);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened machine-offline branch", "opened machine-offline branch"));
}

TEST_F(SiteTest, TheCollectorsOwnBlindnessIsNoSiteDown) {
  Machines("branch", 5);
  StartCollector();
  Run(absl::Minutes(10));
  judge_.reset();
  now_ += absl::Hours(2);
  StartCollector();
  Run(absl::Minutes(10));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(SiteTest, IsKnownStillAfterARestart) {
  Machines("branch", 5);
  StartCollector();
  Run(absl::Minutes(10));
  SetUp("branch", false);
  Run(absl::Minutes(10));
  told_.clear();
  judge_.reset();
  StartCollector();
  Run(absl::Minutes(20));
  EXPECT_THAT(told_, IsEmpty());
  SetUp("branch", true);
  Run(absl::Minutes(20));
  EXPECT_THAT(told_, ElementsAre("resolved site-unreachable branch"));
}

}  // namespace
}  // namespace steward::collector
