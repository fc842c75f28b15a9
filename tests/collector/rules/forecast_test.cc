// Protects: slow forecasts stand wild points, say a range that holds the truth, begin anew when somebody made room, and survive
// a restart. Beside them the least squares line through the same points, as a peer would draw it.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "collector/rules/daily_maxima.h"
#include "collector/rules/theil_sen.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

constexpr double kGB = 1e9;
const absl::Time kStart = absl::FromUnixSeconds(1'764'547'200);  // a midnight of UTC

double LeastSquares(const std::vector<TrendPoint>& points) {
  double t = 0, v = 0, tt = 0, tv = 0;
  const auto n = static_cast<double>(points.size());
  for (const TrendPoint& point : points) {
    t += point.at;
    v += point.value;
    tt += point.at * point.at;
    tv += point.at * point.value;
  }
  return (n * tv - t * v) / (n * tt - t * t);
}

TEST(TheilSenTest, IsTheSlopeOfALine) {
  const std::vector<TrendPoint> points = {{0, 1}, {1, 3}, {2, 5}, {4, 9}};
  const auto trend = FitTheilSen(points);
  ASSERT_TRUE(trend.has_value());
  EXPECT_DOUBLE_EQ(trend->slope, 2);
  EXPECT_DOUBLE_EQ(trend->low, 2);
  EXPECT_DOUBLE_EQ(trend->high, 2);
  EXPECT_FALSE(FitTheilSen(absl::MakeConstSpan(points).first(2)).has_value());
}

TEST(TheilSenTest, AQuarterOfWildPointsDoesNotTurnIt) {
  std::vector<TrendPoint> points;
  for (int i = 0; i < 28; ++i) points.push_back({static_cast<double>(i), 100.0 + i + (i % 4 == 3 ? 300.0 + 10 * i : 0)});
  EXPECT_NEAR(FitTheilSen(points)->slope, 1, 0.5);
  EXPECT_GT(std::abs(LeastSquares(points) - 1), 1.5) << "the naive line is turned, else this shows nothing";
}

// 300 volumes that grow steadily, with the weekly life of an office, noise, and now and then a day of copied files.
TEST(TheilSenTest, TheTruthLiesInItsRange) {
  std::mt19937_64 random(20261123);
  std::normal_distribution<double> noise(0, 1.5);
  std::uniform_real_distribution<double> pace(0.3, 3);
  std::bernoulli_distribution copied(0.1);
  int held = 0, closer = 0;
  std::vector<double> error, naive_error;
  constexpr int kVolumes = 300;
  for (int volume = 0; volume < kVolumes; ++volume) {
    const double slope = pace(random);
    std::vector<TrendPoint> points;
    for (int day = 0; day < 28; ++day) {
      const double weekend = day % 7 >= 5 ? -2 : 0;
      points.push_back({static_cast<double>(day), 500 + slope * day + weekend + noise(random) + (copied(random) ? 40 : 0)});
    }
    const Trend trend = *FitTheilSen(points);
    held += trend.low <= slope && slope <= trend.high ? 1 : 0;
    error.push_back(std::abs(trend.slope / slope - 1));
    naive_error.push_back(std::abs(LeastSquares(points) / slope - 1));
    closer += error.back() < naive_error.back() ? 1 : 0;
  }
  std::sort(error.begin(), error.end());
  std::sort(naive_error.begin(), naive_error.end());
  RecordProperty("held", held);
  RecordProperty("closer_than_the_line", closer);
  EXPECT_GE(held, kVolumes * 85 / 100);
  EXPECT_LT(error[kVolumes / 2], naive_error[kVolumes / 2] / 2) << "half of the naive line's error, in the middle";
  EXPECT_LT(error[kVolumes * 9 / 10], 0.5);
}

// `gigabytes` at noon of each day.
void Days(DailyMaxima& maxima, int first, std::initializer_list<double> gigabytes, double size = 1000 * kGB) {
  for (const double value : gigabytes) {
    maxima.Add(kStart + first * absl::Hours(24) + absl::Hours(3), value * kGB / 2, size);
    maxima.Add(kStart + first++ * absl::Hours(24) + absl::Hours(12), value * kGB, size);
  }
}

TEST(DailyMaximaTest, JudgesWholeDaysAndNotTooFew) {
  DailyMaxima maxima;
  Days(maxima, 0, {600, 610, 620, 630, 640, 650, 660});
  EXPECT_FALSE(maxima.TrendOver(28).has_value()) << "the seventh day goes on";
  Days(maxima, 7, {670});
  ASSERT_TRUE(maxima.TrendOver(28).has_value());
  EXPECT_NEAR(maxima.TrendOver(28)->slope, 10 * kGB, 1);
  EXPECT_NEAR(maxima.newest(), 660 * kGB, 1);
  const auto time = DaysTo(1000 * kGB, maxima.newest(), *maxima.TrendOver(28));
  ASSERT_TRUE(time.has_value());
  EXPECT_NEAR(time->days, 34, 0.01);
}

TEST(DailyMaximaTest, DaysNotSeenDoNotCount) {
  DailyMaxima maxima;
  Days(maxima, 0, {600, 610});
  Days(maxima, 20, {800, 810, 820, 830, 840, 850});
  EXPECT_NEAR(maxima.TrendOver(14)->slope, 10 * kGB, 0.1 * kGB);
}

TEST(DailyMaximaTest, BeginsAnewWhenRoomWasMadeOrTheVolumeGrew) {
  DailyMaxima maxima;
  Days(maxima, 0, {600, 610, 620, 630, 640, 650, 660, 670, 500, 501});
  EXPECT_FALSE(maxima.TrendOver(28).has_value());
  EXPECT_TRUE(maxima.restarted());

  DailyMaxima grown;
  Days(grown, 0, {600, 610, 620, 630, 640, 650, 660, 670});
  EXPECT_FALSE(grown.restarted());
  Days(grown, 8, {680}, 2000 * kGB);
  EXPECT_FALSE(grown.TrendOver(28).has_value());
  EXPECT_TRUE(grown.restarted());
}

TEST(DailyMaximaTest, WhatIsFilledAndEmptiedEachDayIsNoTrend) {
  DailyMaxima maxima;
  Days(maxima, 0, {900, 903, 899, 901, 902, 900, 898, 902, 901, 900, 899, 901});
  EXPECT_FALSE(DaysTo(1000 * kGB, maxima.newest(), *maxima.TrendOver(28)).has_value());
}

TEST(DailyMaximaTest, SurvivesBeingWrittenDown) {
  DailyMaxima maxima;
  Days(maxima, 0, {600, 610, 620, 630, 640, 650, 660, 670});
  DailyMaxima read;
  read.Decode(maxima.Encode());
  EXPECT_EQ(read.Encode(), maxima.Encode());
  Days(maxima, 8, {680});
  Days(read, 8, {680});
  EXPECT_EQ(read.TrendOver(28)->slope, maxima.TrendOver(28)->slope);
}

TEST(DailyMaximaTest, IgnoresTextThatIsNotItsOwn) {
  DailyMaxima maxima;
  Days(maxima, 0, {600, 610});
  const std::string before = maxima.Encode();
  for (const char* text : {"", "x", "1 2 3", "1 0 5 1 4 1", "1 0 1e300 1", "nan 0 1 2"}) maxima.Decode(text);
  EXPECT_EQ(maxima.Encode(), before);
}

TEST(DaysToTest, GoesDownToo) {
  const auto time = DaysTo(50, 70, {-0.5, -1, -0.25});
  ASSERT_TRUE(time.has_value());
  EXPECT_DOUBLE_EQ(time->days, 40);
  EXPECT_DOUBLE_EQ(time->soonest, 20);
  EXPECT_DOUBLE_EQ(time->latest, 80);
  EXPECT_FALSE(DaysTo(50, 70, {-0.5, -1, 0.25}).has_value()) << "it may not be falling at all";
  EXPECT_FALSE(DaysTo(100, 70, {-0.5, -1, -0.25}).has_value());
}

}  // namespace
}  // namespace steward::collector
