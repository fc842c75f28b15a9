#include "collector/rules/fill_history.h"

#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);
constexpr double kSize = 1e12;

// Used from `from` to `to` (0 to 1) evenly over `span`, a sample a minute.
absl::Time Fill(FillHistory& history, absl::Time begin, absl::Duration span, double from, double to) {
  absl::Time time = begin;
  for (; time < begin + span; time += absl::Minutes(1)) {
    const double used = from + (to - from) * absl::FDivDuration(time - begin, span);
    history.Add(time, kSize, kSize * (1 - used));
  }
  return time;
}

TEST(FillHistoryTest, AnEvenPaceGivesTheTimeLeft) {
  FillHistory history;
  const absl::Time now = Fill(history, kStart, absl::Hours(6), 0.2, 0.5);
  ASSERT_TRUE(history.TimeLeft(now).has_value());
  EXPECT_NEAR(absl::ToDoubleHours(*history.TimeLeft(now)), 10, 0.1);  // 5 % an hour, 50 % free
  EXPECT_TRUE(history.IsStillFilling());
  EXPECT_NEAR(history.GrowthInWindow()->bytes, 0.3e12, 0.01e12);
}

TEST(FillHistoryTest, AShortTimeIsNoTrend) {
  FillHistory history;
  absl::Time now = Fill(history, kStart, absl::Minutes(5), 0.2, 0.3);
  EXPECT_FALSE(history.TimeLeft(now).has_value());
  now = Fill(history, now, absl::Minutes(40), 0.3, 0.6);
  EXPECT_TRUE(history.TimeLeft(now).has_value());
  EXPECT_FALSE(history.IsStillFilling());
}

TEST(FillHistoryTest, AFileSystemThatDoesNotGrowIsNeverFull) {
  FillHistory history;
  const absl::Time now = Fill(history, kStart, absl::Hours(3), 0.9, 0.9);
  EXPECT_EQ(history.TimeLeft(now), absl::InfiniteDuration());
}

TEST(FillHistoryTest, EmptyingAndResizingBeginANewTrend) {
  FillHistory emptied;
  absl::Time now = Fill(emptied, kStart, absl::Hours(4), 0.2, 0.8);
  emptied.Add(now, kSize, kSize * 0.5);
  EXPECT_FALSE(emptied.TimeLeft(now).has_value());

  FillHistory resized;
  now = Fill(resized, kStart, absl::Hours(4), 0.2, 0.8);
  resized.Add(now, 2 * kSize, kSize * 1.2);
  EXPECT_FALSE(resized.TimeLeft(now).has_value());
}

TEST(FillHistoryTest, RemembersHowFullItWasADayBefore) {
  FillHistory history;
  EXPECT_LT(history.PeakADayBefore(kStart), 0);
  absl::Time now = Fill(history, kStart, absl::Hours(2), 0.3, 0.7);
  now = Fill(history, now, absl::Hours(22), 0.3, 0.3);
  EXPECT_NEAR(history.PeakADayBefore(now), 0.7, 0.01);
  now = Fill(history, now, absl::Hours(12), 0.3, 0.3);
  EXPECT_NEAR(history.PeakADayBefore(now), 0.3, 0.01);
}

TEST(FillHistoryTest, SurvivesBeingWrittenDown) {
  FillHistory history;
  const absl::Time now = Fill(history, kStart, absl::Hours(5), 0.2, 0.5);
  FillHistory read;
  read.Decode(history.Encode());
  EXPECT_EQ(read.Encode(), history.Encode());
  EXPECT_NEAR(absl::ToDoubleHours(*read.TimeLeft(now)), absl::ToDoubleHours(*history.TimeLeft(now)), 0.01);
  EXPECT_LT(history.Encode().size(), 2000U);
}

TEST(FillHistoryTest, IgnoresTextThatIsNotItsOwn) {
  FillHistory history;
  Fill(history, kStart, absl::Hours(2), 0.2, 0.5);
  const std::string before = history.Encode();
  for (const char* text : {"", "1;x", "2;1;2;;", "1;1;2;3:4,3:4;", "1;1;2;a:b;", "1;1;2;;x:1,"}) history.Decode(text);
  EXPECT_EQ(history.Encode(), before);
}

}  // namespace
}  // namespace steward::collector
