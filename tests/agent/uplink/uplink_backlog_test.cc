// What goes first, and what waits for the collector's credit.
#include "tests/agent/uplink/uplink_fixture.h"

namespace steward::agent {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST_F(UplinkTest, TheNewestSegmentGoesFirstAndTheBacklogFollowsNewestFirst) {
  for (int segment = 0; segment < 5; ++segment) {
    AddAndSend(segment * 10 + 1, segment * 10 + 10);
    spool_->CutSegment();
  }
  AddAndSend(51, 55);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(55);
  std::vector<std::uint64_t> order;
  for (const auto& [epoch, sequence] : collector_.order()) order.push_back(sequence);
  std::vector<std::uint64_t> expected;
  for (const std::uint64_t first : {51, 41, 31, 21, 11, 1}) {
    for (std::uint64_t sequence = first; sequence < first + (first == 51 ? 5 : 10); ++sequence) expected.push_back(sequence);
  }
  EXPECT_EQ(order, expected);
  EXPECT_THAT(collector_.clocks(), SizeIs(1)) << "one reading, for the Welcome";
}

// A thousand machines that return would else send a quarter of an hour each beside all credit.
TEST_F(UplinkTest, AfterALongerSilenceEvenTheNewestSegmentIsAskedFor) {
  AddAndSend(1, 20);
  FakeCollectorScript script;
  script.backlog_turn = 0;
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return !collector_.clocks().empty(); }));
  AddAndSend(21, 22);
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().contains({spool_->epoch(), 22}); }));
  EXPECT_THAT(collector_.committed(), SizeIs(2)) << "the others wait for credit";
}

TEST_F(UplinkTest, LiveBatchesGoBeforeTheBacklogAndNothingIsSentTwice) {
  AddAndSend(1, 200);
  spool_->CutSegment();
  FakeCollectorScript script;
  script.backlog_turn = 2;
  script.read_pause = absl::Milliseconds(2);
  collector_.SetScript(script);
  AddAndSend(201, 202);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() > 20; }));
  AddAndSend(203, 205);
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().contains({spool_->epoch(), 205}); }));
  EXPECT_LT(collector_.committed().size(), 205u) << "the backlog is still on its way";
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(205);
  EXPECT_EQ(collector_.duplicates(), 0u);
}

TEST_F(UplinkTest, ACollectorThatKnowsNoBacklogGetsEverythingOldestFirst) {
  FakeCollectorScript script;
  script.takes_backlog = false;
  collector_.SetScript(script);
  AddAndSend(1, 30);
  spool_->CutSegment();
  AddAndSend(31, 40);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(40);
  EXPECT_EQ(collector_.order().front().second, 1u);
  EXPECT_THAT(collector_.clocks(), IsEmpty());
}

}  // namespace
}  // namespace steward::agent
