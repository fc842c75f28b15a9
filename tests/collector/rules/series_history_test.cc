// Protects: what a window says of a counter that begins anew, and that a restart of the collector does not forget it.
#include "collector/rules/series_history.h"

#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

TEST(SeriesHistoryTest, CountsWithinItsWindowOnly) {
  SeriesHistory history(absl::Hours(1), false);
  for (int minute = 0; minute <= 180; ++minute) history.Add(kStart + absl::Minutes(minute), minute);
  EXPECT_NEAR(history.Increase(), 60, 60.0 / SeriesHistory::kBuckets + 1);
  EXPECT_NEAR(history.Least(), 120, 60.0 / SeriesHistory::kBuckets + 1);
  EXPECT_EQ(history.Greatest(), 180);
  EXPECT_NEAR(history.Average(), 150, 2);
}

TEST(SeriesHistoryTest, APaceIsThatBetweenItsSamples) {
  SeriesHistory history(absl::Hours(24 * 28), false);
  for (int day = 0; day <= 60; ++day) {
    history.Add(kStart + absl::Hours(24 * day), day);
    if (day == 0) EXPECT_FALSE(history.Rate().has_value());
    else EXPECT_NEAR(*history.Rate() * 86400, 1, 1e-9) << day;
  }
}

TEST(SeriesHistoryTest, ACounterThatBeginsAnewHasNotFallen) {
  SeriesHistory history(absl::Hours(1), false);
  history.Add(kStart, 100);
  history.Add(kStart + absl::Minutes(10), 103);
  history.Add(kStart + absl::Minutes(20), 2);
  EXPECT_EQ(history.Increase(), 5);
}

TEST(SeriesHistoryTest, ACounterFromZeroHasRisenToItsFirstValue) {
  SeriesHistory history(absl::Hours(1), true);
  history.Add(kStart, 2);
  EXPECT_EQ(history.Increase(), 2);
  history.Add(kStart + absl::Hours(2), 2);
  EXPECT_EQ(history.Increase(), 0) << "that was longer ago than the window";
}

TEST(SeriesHistoryTest, TheMedianIsWhatIsUsualWhateverAFewBadHoursWere) {
  SeriesHistory history(absl::Hours(32), false);
  for (int minute = 0; minute < 32 * 60; ++minute) history.Add(kStart + absl::Minutes(minute), minute / 60 == 20 ? 500 : 20);
  EXPECT_EQ(history.Median(), 20);
  EXPECT_GT(history.Average(), 30);
}

TEST(SeriesHistoryTest, SurvivesARestart) {
  SeriesHistory history(absl::Hours(24 * 7), false);
  for (int hour = 0; hour < 24 * 8; ++hour) history.Add(kStart + absl::Hours(hour), hour / 50);
  SeriesHistory other(absl::Hours(24 * 7), false);
  other.Decode(history.Encode());
  EXPECT_EQ(other.Increase(), history.Increase());
  EXPECT_EQ(other.Least(), history.Least());
  EXPECT_EQ(other.Greatest(), history.Greatest());
  EXPECT_NEAR(other.Median(), history.Median(), 1);
  EXPECT_NEAR(other.Average(), history.Average(), 1e-9);
  EXPECT_EQ(other.last(), history.last());
  EXPECT_LT(history.Encode().size(), 700u) << "what does not change takes no room";
}

TEST(SeriesHistoryTest, DamagedTextLeavesItEmpty) {
  for (const char* text : {"", "x", "1 2", "1 2;3", "1 2;1 2 3 4 5 6 nan", "1 2;1 2 3 4 5 6 0"}) {
    SeriesHistory history(absl::Hours(1), false);
    history.Decode(text);
    EXPECT_TRUE(history.empty()) << text;
  }
}

}  // namespace
}  // namespace steward::collector
