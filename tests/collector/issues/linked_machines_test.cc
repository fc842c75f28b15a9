// What a machine needs of another: a dead hypervisor is one message, not one more for each of its guests.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/issues/issue_fleet.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class LinkedMachinesTest : public IssueFleet {
 protected:
  void Prepare(IssueJudge& judge) override {
    judge.UseNeeds([this](const MachineRecord& machine) {
      const auto host = host_of_.find(machine.host_name);
      return host == host_of_.end() ? IssueJudge::Needs() : IssueJudge::Needs{{}, {host->second}};
    });
  }
  // Five servers of two sites, so that none of these stories is a site's.
  void SetUp() override {
    Machines("main", 3);
    Machines("branch", 2, "198.51.100.");
    for (std::size_t i = 0; i < machines_.size(); ++i) machines_[i].host_name = machines_[i].instance = names_[i];
    for (MachineRecord& machine : machines_) machine.site = "main";
  }
  void SetNamed(const std::string& name, bool up) {
    for (const MachineRecord& machine : machines_) {
      if (machine.host_name == name) SetMachine(machine, up);
    }
  }

  const std::vector<std::string> names_ = {"guest-a", "hv", "guest-b", "other", "more"};  // some come before their host, some after
  std::map<std::string, std::string> host_of_ = {{"guest-a", "HV"}, {"guest-b", "hv"}};
};

TEST_F(LinkedMachinesTest, ADeadHypervisorIsOneMessage) {
  StartCollector();
  Run(absl::Minutes(5));
  for (const char* name : {"guest-a", "hv", "guest-b"}) SetNamed(name, false);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened machine-offline main"));
  EXPECT_EQ(last_.host_name(), "hv");
  for (const char* name : {"guest-a", "hv", "guest-b"}) SetNamed(name, true);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened machine-offline main", "resolved machine-offline main"));
}

TEST_F(LinkedMachinesTest, AGuestAloneIsTold) {
  StartCollector();
  Run(absl::Minutes(5));
  SetNamed("guest-a", false);
  Run(absl::Minutes(10));
  EXPECT_THAT(told_, ElementsAre("opened machine-offline main"));
  EXPECT_EQ(last_.host_name(), "guest-a");
}

TEST_F(LinkedMachinesTest, AGuestThatDoesNotComeBackWithItsHostIsTold) {
  StartCollector();
  Run(absl::Minutes(5));
  for (const char* name : {"guest-a", "hv", "guest-b"}) SetNamed(name, false);
  Run(absl::Minutes(10));
  SetNamed("hv", true);
  SetNamed("guest-b", true);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, UnorderedElementsAre("opened machine-offline main", "resolved machine-offline main", "opened machine-offline main"));
  EXPECT_EQ(last_.host_name(), "guest-a");
}

TEST_F(LinkedMachinesTest, ARuleThatIsSwitchedOnAgainTellsAnew) {
  StartCollector();
  Run(absl::Minutes(5));
  SetNamed("other", false);
  Run(absl::Minutes(5));
  const std::string first = last_.id();
  SwitchOff("machine-offline");
  Run(absl::Minutes(1));
  SwitchOff("");
  Run(absl::Minutes(5));
  ASSERT_THAT(told_, SizeIs(::testing::Ge(2u)));
  EXPECT_EQ(told_.back(), "opened machine-offline main");
  EXPECT_NE(last_.id(), first) << "a second issue of one id would take the place of the first, and its messages be taken for repeats";
  EXPECT_EQ(last_.previous_id(), first);
}

TEST_F(LinkedMachinesTest, OfMachinesThatNeedEachOtherOneIsTold) {
  host_of_ = {{"guest-a", "guest-b"}, {"guest-b", "guest-a"}};
  StartCollector();
  Run(absl::Minutes(5));
  SetNamed("guest-a", false);
  SetNamed("guest-b", false);
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, SizeIs(1));
}

}  // namespace
}  // namespace steward::collector
