// What a machine itself tells of what is wrong stands in the evidence of its issue.
#include "collector/issues/own_words.h"

#include "collector/issues/issue_book.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

class CheckRule final : public Rule {
 public:
  std::string_view type() const override { return "custom"; }
  int version() const override { return 1; }
  std::string_view party() const override { return "partner"; }
  absl::Span<const Threshold> thresholds() const override { return {}; }
  IssueText Describe(const MachineRecord&, const Finding&, Severity) const override { return {"Check", "It says so", "", ""}; }
};

class OwnWordsTest : public testing::Test {
 protected:
  OwnWordsTest() {
    machine_.id = "m1";
    book_.UseFacts([this](std::string_view machine, const FactName& fact) {
      EXPECT_EQ(machine, "m1");
      EXPECT_EQ(fact.group + "/" + fact.key, "check/raid");
      return fact_;
    });
  }
  void Sample(double value, absl::Duration later = absl::Minutes(1)) {
    now_ += later;
    Finding finding;
    finding.subject = "raid";
    finding.time = finding.since = now_;
    finding.interval = absl::Minutes(1);
    finding.value = value;
    if (value > 0) finding.fact = {"check", "raid"};
    finding.levels.push_back({"bad", Severity::kHigh, value > 0 ? Zone::kRaised : Zone::kClear, 1, {}, {}});
    std::vector<IssueChange> changes;
    book_.Apply(machine_, CheckRule(), finding, now_, changes);
    for (const IssueChange& change : changes) issue_ = change.record.issue;
  }
  std::string Words() const {
    const auto found = issue_.evidence().details().find(kOwnWordsDetail);
    return found == issue_.evidence().details().end() ? "" : found->second;
  }

  MachineRecord machine_;
  IssueBook book_;
  absl::Time now_ = absl::FromUnixSeconds(1'772'438'400);
  std::string fact_;
  v1::Issue issue_;
};

TEST_F(OwnWordsTest, AreThereWhenItOpensAndWhenItIsOver) {
  fact_ = "critical: 1 of 2 disks";
  Sample(1);
  EXPECT_EQ(Words(), "critical: 1 of 2 disks");
  fact_ = "ok: 2 of 2 disks";
  Sample(0);
  EXPECT_EQ(issue_.state(), "resolved");
  EXPECT_EQ(Words(), "critical: 1 of 2 disks") << "why it was raised, not what is good now";
}

TEST_F(OwnWordsTest, AreTakenUpWhenTheMachineTellsThemLater) {
  Sample(1);
  EXPECT_EQ(issue_.state(), "open");
  EXPECT_EQ(Words(), "");
  fact_ = "critical: 1 of 2 disks";
  Sample(1, IssueBook::kEvidenceStored);
  EXPECT_EQ(Words(), "critical: 1 of 2 disks");
  fact_ = "";
  Sample(1, IssueBook::kEvidenceStored);
  EXPECT_EQ(Words(), "critical: 1 of 2 disks") << "nothing new was told";
}

TEST_F(OwnWordsTest, OfTheTimeBeforeAreNotToldWhenItComesBack) {
  fact_ = "critical: 1 of 2 disks";
  Sample(1);
  Sample(0);
  fact_ = "";
  Sample(1);
  EXPECT_EQ(issue_.reopened(), 1u);
  EXPECT_EQ(Words(), "");
}

TEST_F(OwnWordsTest, AreCutAndMadeReadable) {
  fact_ = std::string(2 * kOwnWordsMax, 'x') + "\xff";
  Sample(1);
  EXPECT_EQ(Words().size(), kOwnWordsMax);
}

}  // namespace
}  // namespace steward::collector
