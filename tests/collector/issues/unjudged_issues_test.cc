// Protects: an issue that nothing judges any more does not stay open for ever, whenever its judge went.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/issues/issue_fleet.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;

class UnjudgedIssuesTest : public IssueFleet {
 protected:
  // The branch is cut off, and its issue open.
  void SetUp() override {
    Machines("main", 3);
    Machines("branch", 3, "198.51.100.");
    StartCollector();
    Run(absl::Minutes(5));
    IssueFleet::SetUp("branch", false);
    Run(absl::Minutes(10));
    ASSERT_THAT(told_, ElementsAre("opened site-unreachable branch"));
    told_.clear();
  }
  void Retire(MachineRecord& machine) { machine.state = MachineState::kRetired; }
  std::string StateOf(const std::string& type) const {
    for (const auto& [id, record] : stored_) {
      if (record.issue.type() == type) return record.issue.state();
    }
    return "none";
  }
};

TEST_F(UnjudgedIssuesTest, GoesOnOverARestartOfTheCollector) {
  StartCollector();
  Run(absl::Minutes(5));
  EXPECT_EQ(StateOf("site-unreachable"), "open");
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(UnjudgedIssuesTest, EndsWithTheLastMachineOfItsSite) {
  for (MachineRecord& machine : machines_) {
    if (machine.site != "branch") continue;
    EXPECT_NE(StateOf("site-unreachable"), "closed");
    Retire(machine);
    Take([&](JudgeOutput& out) { judge_->OnMachineChanged(machine, now_, out); });
  }
  EXPECT_EQ(StateOf("site-unreachable"), "closed");
  EXPECT_THAT(told_, ElementsAre("resolved site-unreachable branch"));
}

TEST_F(UnjudgedIssuesTest, EndsIfItsMachinesWereRetiredWhileTheCollectorWasStopped) {
  for (MachineRecord& machine : machines_) {
    if (machine.site == "branch") Retire(machine);
  }
  StartCollector();
  EXPECT_EQ(StateOf("site-unreachable"), "closed");
  EXPECT_THAT(told_, ElementsAre("resolved site-unreachable branch"));
}

TEST_F(UnjudgedIssuesTest, EndsIfItsRuleWasSwitchedOffWhileTheCollectorWasStopped) {
  switched_off_ = "site-unreachable";
  StartCollector();
  EXPECT_EQ(StateOf("site-unreachable"), "closed");
}

}  // namespace
}  // namespace steward::collector
