// What one machine sees alone is not believed if others look as well; what two see is one issue of their site.
#include "collector/issues/site_views.h"

#include <memory>

#include "base/text.h"
#include "collector/rules/read_rules.h"
#include "collector/rules/threshold_rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

class SiteViewsTest : public testing::Test {
 protected:
  SiteViewsTest() { MakeRule(""); }
  void MakeRule(std::string_view more) {
    auto definitions = ParseRules(StrCat(R"(
[[rule]]
type = "service-down"
title = "Down"
viewpoints = 2
)", more, R"(
value = "service_up"
summary = "s"
meaning = "m"
next_step = "n"
[[rule.level]]
name = "down"
severity = "high"
when = "service_up == 0"
)"), "test");
    EXPECT_TRUE(definitions.ok()) << definitions.status();
    rule_ = MakeThresholdRule(std::move(definitions->front()));
  }

  void Put(const std::string& name, Zone zone, const std::string& site = "office") {
    MachineRecord machine;
    machine.id = machine.host_name = machine.instance = name;
    machine.site = site;
    Finding finding;
    finding.subject = "intranet";
    finding.time = now_;
    finding.interval = absl::Seconds(15);
    finding.value = zone == Zone::kRaised ? 0 : 1;
    finding.lower_is_worse = true;
    finding.levels.push_back({"down", Severity::kHigh, zone, 0, absl::Minutes(2), absl::Minutes(5)});
    views_.Put(machine, *rule_, finding, now_);
  }
  Finding Joint() {
    const std::vector<SiteViews::Joint> joints = views_.Judge(now_);
    EXPECT_THAT(joints, SizeIs(1));
    return joints.empty() ? Finding{} : joints.front().finding;
  }

  std::unique_ptr<Rule> rule_;
  SiteViews views_;
  absl::Time now_ = kStart;
};

TEST_F(SiteViewsTest, TheOnlyOneThatLooksIsBelieved) {
  Put("a", Zone::kRaised);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kRaised);
  Put("a", Zone::kClear);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kClear);
}

TEST_F(SiteViewsTest, OneOfSeveralIsNotBelievedAndTwoAre) {
  Put("a", Zone::kRaised);
  Put("b", Zone::kClear);
  Put("c", Zone::kClear);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kClear) << "that is the trouble of one machine";
  Put("b", Zone::kRaised);
  const Finding joint = Joint();
  EXPECT_EQ(joint.levels[0].zone, Zone::kRaised);
  EXPECT_EQ(joint.value, 0) << "the evidence is that of the worst view";
  EXPECT_EQ(joint.details.at("seen_from"), "a, b (2 of 3 machines that look)");
}

// A part of the site that lost its way is not the site.
TEST_F(SiteViewsTest, SomeRulesWantAShareOfAllThatLook) {
  MakeRule("viewpoints_percent = 50");
  for (const char* name : {"a", "b"}) Put(name, Zone::kRaised);
  for (const char* name : {"c", "d", "e"}) Put(name, Zone::kClear);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kClear) << "two of five";
  Put("c", Zone::kRaised);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kRaised) << "three of five";
}

TEST_F(SiteViewsTest, WhoIsSwitchedOffAtNightStillCountsAsALooker) {
  Put("a", Zone::kClear);
  Put("b", Zone::kClear);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kClear);
  now_ += absl::Hours(8);
  Put("a", Zone::kRaised);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kBetween) << "the only one awake may be wrong: it raises nothing and clears nothing";
  now_ += absl::Hours(25);
  Put("a", Zone::kRaised);
  EXPECT_EQ(Joint().levels[0].zone, Zone::kRaised) << "the other one is gone for long";
}

TEST_F(SiteViewsTest, SitesAreJudgedApartAndOnlyWhenSomethingIsNew) {
  Put("a", Zone::kRaised, "north");
  Put("b", Zone::kClear, "south");
  EXPECT_THAT(views_.Judge(now_), SizeIs(2));
  EXPECT_THAT(views_.Judge(now_ + absl::Seconds(5)), IsEmpty());
}

TEST_F(SiteViewsTest, AfterAJumpOfTheClockNobodyHasSeenAnything) {
  Put("a", Zone::kRaised);
  EXPECT_THAT(views_.Judge(now_ + absl::Hours(1)), IsEmpty());
}

TEST_F(SiteViewsTest, AMachineThatIsRetiredSaysNothingMore) {
  Put("a", Zone::kRaised);
  Put("b", Zone::kClear);
  views_.Forget("b");
  EXPECT_EQ(Joint().levels[0].zone, Zone::kRaised);
  Put("a", Zone::kRaised);
  views_.Forget("a");
  EXPECT_THAT(views_.Judge(now_), IsEmpty());
}

}  // namespace
}  // namespace steward::collector
