// What a query makes of samples: steps, and rates of counters that begin again.
#include "collector/storage/sample_functions.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Times in seconds.
std::vector<std::string> Apply(SampleFunction function, std::vector<SamplePoint> points, std::int64_t from,
                               std::int64_t to, std::int64_t step) {
  for (SamplePoint& point : points) point.time_ms *= 1000;
  std::vector<std::string> result;
  for (const SamplePoint& point : ApplyFunction(function, points, {}, {from * 1000, to * 1000, step * 1000})) {
    result.push_back(absl::StrCat(point.time_ms / 1000, "=", point.value));
  }
  return result;
}

const std::vector<SamplePoint> kPoints = {{0, 4}, {15, 2}, {30, 6}, {90, 1}, {119, 5}};

TEST(SampleFunctionsTest, GiveOnePointAStep) {
  EXPECT_THAT(Apply(SampleFunction::kLast, kPoints, 0, 180, 60), ElementsAre("0=6", "60=5"));
  EXPECT_THAT(Apply(SampleFunction::kMin, kPoints, 0, 180, 60), ElementsAre("0=2", "60=1"));
  EXPECT_THAT(Apply(SampleFunction::kMax, kPoints, 0, 180, 60), ElementsAre("0=6", "60=5"));
  EXPECT_THAT(Apply(SampleFunction::kMean, kPoints, 0, 180, 60), ElementsAre("0=4", "60=3"));
  EXPECT_THAT(Apply(SampleFunction::kSum, kPoints, 0, 180, 60), ElementsAre("0=12", "60=6"));
  EXPECT_THAT(Apply(SampleFunction::kSum, kPoints, 0, 180, 30), ElementsAre("0=6", "30=6", "90=6"));
  EXPECT_THAT(Apply(SampleFunction::kSum, {}, 0, 180, 30), IsEmpty());
}

TEST(SampleFunctionsTest, RateIsGrowthASecond) {
  EXPECT_THAT(Apply(SampleFunction::kRate, {{0, 100}, {15, 130}, {30, 190}, {60, 220}}, 0, 120, 60),
              ElementsAre("0=3", "60=1"));
}

TEST(SampleFunctionsTest, RateCountsWhatCameBeforeTheRangeAndNothingItself) {
  EXPECT_THAT(Apply(SampleFunction::kRate, {{-15, 0}, {0, 30}, {15, 60}}, 0, 30, 30), ElementsAre("0=2"));
  EXPECT_THAT(Apply(SampleFunction::kRate, {{-15, 0}}, 0, 30, 30), IsEmpty());
}

TEST(SampleFunctionsTest, RateGoesOnWhenACounterBeginsAgain) {
  EXPECT_THAT(Apply(SampleFunction::kRate, {{0, 1000}, {10, 1010}, {20, 5}, {30, 15}}, 0, 60, 60),
              ElementsAre("0=0.833333"));
}

TEST(SampleFunctionsTest, RateLeavesGapsOut) {
  EXPECT_THAT(Apply(SampleFunction::kRate, {{0, 0}, {10, 10}, {4000, 9999}, {4010, 10009}}, 0, 7200, 60),
              ElementsAre("0=1", "3960=1"));
  EXPECT_THAT(Apply(SampleFunction::kRate, {{5, 1}}, 0, 60, 60), IsEmpty()) << "one sample alone has no rate";
}

TEST(SampleFunctionsTest, AreAppliedToAsManyStepsAsAreAllowed) {
  EXPECT_EQ(StepsOf(0, 11'000, absl::Milliseconds(1))->step_ms, 1);
  EXPECT_EQ(StepsOf(-5, 20, absl::ZeroDuration())->step_ms, 25);
  EXPECT_THAT(std::string(StepsOf(0, 11'001, absl::Milliseconds(1)).status().message()),
              testing::HasSubstr("longer step"));
  EXPECT_FALSE(StepsOf(0, 10, absl::Microseconds(1500)).ok());
  EXPECT_FALSE(StepsOf(0, 10, -absl::Seconds(1)).ok());
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  EXPECT_FALSE(StepsOf(kMin, 10, absl::ZeroDuration()).ok());
  EXPECT_FALSE(StepsOf(kMin, std::numeric_limits<std::int64_t>::max(), absl::Seconds(1)).ok());
}

TEST(SampleFunctionsTest, HaveNames) {
  EXPECT_EQ(*ParseSampleFunction("rate"), SampleFunction::kRate);
  EXPECT_THAT(std::string(ParseSampleFunction("avg").status().message()), testing::HasSubstr("mean"));
}

}  // namespace
}  // namespace steward::collector
