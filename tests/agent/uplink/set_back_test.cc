// A machine, or its disk, that is an earlier state of itself.
#include "tests/agent/uplink/uplink_fixture.h"

namespace steward::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class SetBackTest : public UplinkTest {
 protected:
  // The disk and memory of an earlier moment: the same epoch, but nothing of what the collector has of it. The epoch.
  std::uint64_t SendTenAndSetBack() {
    AddAndSend(1, 10);
    Connect();
    EXPECT_TRUE(AllAcknowledged());
    uplink_.reset();
    settings_.directory = directory_.path() / "set-back";
    next_epoch_ = spool_->epoch();
    Open();
    return spool_->epoch();
  }
};

TEST_F(SetBackTest, TheHelloNamesTheNewestCommittedBatch) {
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  EXPECT_FALSE(collector_.hellos()[0].has_committed());
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.hellos().size() == 2; }));
  EXPECT_EQ(collector_.hellos()[1].committed().sequence(), 10u);
  EXPECT_EQ(collector_.hellos()[1].committed().payload_sha256().size(), 32u);
}

TEST_F(SetBackTest, AMachineThatWasSetBackBeginsANewEpoch) {
  const std::uint64_t epoch = SendTenAndSetBack();
  ASSERT_TRUE(Add(1).ok());
  Connect();
  ASSERT_TRUE(RunUntil([&] { return spool_->epoch() != epoch; }));
  AddAndSend(11, 12);
  ASSERT_TRUE(RunUntil([&] { return collector_.committed().contains({spool_->epoch(), 2}); }));
}

TEST_F(SetBackTest, WhatAMachineThatWasSetBackHasUnderTakenNumbersIsDeclaredNotBelievedCommitted) {
  const std::uint64_t epoch = SendTenAndSetBack();
  AddAndSend(101, 103);
  Connect();
  ASSERT_TRUE(RunUntil([&] { return !collector_.gaps().empty(); }));
  EXPECT_EQ(collector_.gaps()[0].epoch(), epoch);
  EXPECT_EQ(collector_.gaps()[0].range().first(), 1u);
  EXPECT_EQ(collector_.gaps()[0].range().last(), 3u);
  EXPECT_EQ(collector_.gaps()[0].cause(), v1::GapDeclaration::REFUSED);
}

// Its random numbers were set back, too, and it was started once more before it met the collector again.
TEST_F(SetBackTest, WhatWasMadeUnderTheNumberOfAnotherEpochIsSentNotBelievedCommitted) {
  const std::uint64_t epoch = SendTenAndSetBack();
  AddAndSend(101, 103);
  next_epoch_ = epoch + 100;
  Open();
  FakeCollectorScript script;
  script.refuse_other_content = true;
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([&] { return !collector_.gaps().empty() && collector_.gaps().back().range().last() == 3; }));
  for (const v1::GapDeclaration& gap : collector_.gaps()) {
    EXPECT_EQ(gap.epoch(), epoch);
    EXPECT_EQ(gap.cause(), v1::GapDeclaration::REFUSED);
  }
}

}  // namespace
}  // namespace steward::agent
