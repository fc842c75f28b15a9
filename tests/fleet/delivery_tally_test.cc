#include "tests/fleet/delivery_tally.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::fleet {
namespace {

TEST(DeliveryTally, CountsABatchOnceAndItsRepeatsApart) {
  Totals totals;
  DeliveryTally tally(totals);
  tally.OnAppended(9, 1, absl::Seconds(10));
  tally.OnSent(9, 1);
  tally.OnSent(9, 1);
  tally.OnAcknowledged(9, 1, 1, absl::Seconds(10) + absl::Milliseconds(40));
  EXPECT_EQ(totals.batches, 1u);
  EXPECT_EQ(totals.sent, 1u);
  EXPECT_EQ(totals.retried, 1u);
  EXPECT_EQ(totals.acknowledged, 1u);
  EXPECT_THAT(totals.latency_ms, testing::ElementsAre(testing::DoubleEq(40)));
}

TEST(DeliveryTally, TakesRepeatedAcknowledgementsForOne) {
  Totals totals;
  DeliveryTally tally(totals);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) tally.OnAppended(9, sequence, absl::ZeroDuration());
  tally.OnAcknowledged(9, 1, 2, absl::Seconds(1));
  tally.OnAcknowledged(9, 1, 3, absl::Seconds(2));
  tally.OnAcknowledged(8, 1, 3, absl::Seconds(2));
  EXPECT_EQ(totals.acknowledged, 3u);
}

TEST(DeliveryTally, KnowsNoLatencyOfAnEarlierRunsBatches) {
  Totals totals;
  DeliveryTally tally(totals);
  tally.OnSent(7, 5);
  tally.OnAcknowledged(7, 5, 5, absl::Seconds(1));
  EXPECT_EQ(totals.acknowledged, 1u);
  EXPECT_THAT(totals.latency_ms, testing::IsEmpty());
}

TEST(DeliveryTally, CountsRefusedBatches) {
  Totals totals;
  DeliveryTally tally(totals);
  tally.OnAppended(9, 1, absl::ZeroDuration());
  tally.OnAppended(9, 2, absl::ZeroDuration());
  tally.OnRefused(9, 2, 2);
  tally.OnAcknowledged(9, 1, 2, absl::Seconds(1));
  EXPECT_EQ(totals.refused, 1u);
  EXPECT_EQ(totals.acknowledged, 1u);
}

}  // namespace
}  // namespace steward::fleet
