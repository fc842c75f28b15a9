// The monitor says when it is at risk itself, and is quiet when it is well.
#include <functional>
#include <memory>

#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

class CollectorUnhealthyTest : public testing::Test {
 protected:
  CollectorUnhealthyTest() {
    judge_.UseHealth([this] {
      if (stores_) health_.stored = now_;
      return health_;
    });
  }

  void Run(absl::Duration span) {
    for (const absl::Time end = now_ + span; now_ < end; now_ += absl::Seconds(10)) {
      JudgeOutput out;
      judge_.Tick(now_, out);
      for (const IssueChange& change : out.changes) {
        if (change.notify.empty() || (change.event && change.event->action == "escalated")) continue;
        told_.push_back(change.notify + " " + change.record.issue.subject());
        last_ = change.record.issue;
      }
    }
  }

  CollectorHealth health_{.room = CollectorHealth::Room{500'000'000'000, 1'000'000'000'000}, .stored = kStart, .makes_backups = true, .last_backup = kStart};
  bool stores_ = true;
  IssueJudge judge_{MakeRules(), [](std::string_view, const MachineRecord&) { return RuleConfig(); }, kStart};
  absl::Time now_ = kStart;
  std::vector<std::string> told_;
  v1::Issue last_;
};

TEST_F(CollectorUnhealthyTest, SaysNothingWhileItIsWell) {
  Run(absl::Hours(35));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(CollectorUnhealthyTest, ABackupThatIsMissedIsTold) {
  Run(absl::Hours(37));
  EXPECT_THAT(told_, ElementsAre("opened backup"));
  EXPECT_EQ(last_.type(), "collector-unhealthy");
  EXPECT_EQ(last_.severity(), "high");
  EXPECT_THAT(last_.summary(), HasSubstr("2 days ago"));
  health_.last_backup = now_;
  Run(absl::Minutes(20));
  EXPECT_THAT(told_, ElementsAre("opened backup", "resolved backup"));
}

TEST_F(CollectorUnhealthyTest, ABackupThatNeverWasCountsFromTheStart) {
  health_.last_backup = absl::InfinitePast();
  Run(absl::Hours(35));
  EXPECT_THAT(told_, IsEmpty());
  Run(absl::Hours(2));
  EXPECT_THAT(told_, ElementsAre("opened backup"));
}

TEST_F(CollectorUnhealthyTest, WhoeverHasSwitchedBackupsOffIsNotToldOfThem) {
  health_.makes_backups = false;
  Run(absl::Hours(72));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(CollectorUnhealthyTest, ADiskThatFillsIsTold) {
  health_.room = CollectorHealth::Room{100'000'000'000, 1'000'000'000'000};
  Run(absl::Hours(1));
  EXPECT_THAT(told_, IsEmpty()) << "a tenth of a large disk is room enough";
  health_.room = CollectorHealth::Room{10'000'000'000, 100'000'000'000};
  Run(absl::Hours(1));
  EXPECT_THAT(told_, ElementsAre("opened disk"));
  EXPECT_THAT(last_.summary(), HasSubstr("10.0 % left (10.0 GB)"));
}

TEST_F(CollectorUnhealthyTest, AStoreThatTakesNothingInIsTold) {
  Run(absl::Hours(1));
  stores_ = false;
  Run(absl::Minutes(30));
  EXPECT_THAT(told_, ElementsAre("opened store"));
}

}  // namespace
}  // namespace steward::collector
