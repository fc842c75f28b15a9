// A site that is cut off: many machines, one message.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/issues/issue_fleet.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using SiteTest = IssueFleet;

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
