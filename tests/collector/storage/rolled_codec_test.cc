// Rolled-up points as bytes: what goes in comes out, and little of it is left.
#include "collector/storage/tiers/rolled_codec.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

std::vector<RolledSeries> Packed(const std::string& content) {
  auto pack = RolledPack::Open(content);
  EXPECT_TRUE(pack.ok()) << pack.status();
  std::vector<RolledSeries> result;
  for (std::size_t i = 0; pack.ok() && i < pack->series().size(); ++i) {
    result.push_back(pack->series()[i]);
    const absl::Status status = pack->Read(i, result.back().points);
    EXPECT_TRUE(status.ok()) << status;
  }
  return result;
}

void ExpectSame(const std::vector<RolledSeries>& series) {
  const std::vector<RolledSeries> read = Packed(PackRolled(kFiveMinutes.bucket_ms, series));
  ASSERT_EQ(read.size(), series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    EXPECT_EQ(read[i].metric, series[i].metric);
    EXPECT_EQ(read[i].labels, series[i].labels);
    EXPECT_EQ(read[i].numerator, series[i].numerator);
    EXPECT_EQ(read[i].denominator, series[i].denominator);
    EXPECT_EQ(read[i].points, series[i].points);
  }
}

RolledPoint Point(std::int64_t bucket, double min, double max, double sum, double last) {
  const std::int64_t begin = bucket * kFiveMinutes.bucket_ms;
  return {bucket, begin + 3, begin + 299'003, 20, min, max, sum, last};
}

TEST(RolledCodecTest, KeepsEveryValue) {
  constexpr double kLarge = 9.2e18;
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  ExpectSame({
      {"a",
       {},
       1,
       1,
       {Point(-5, -7, 12, 99, 3), Point(-1, 1, 1, 20, 1), Point(0, 0, 5, 50, 5), Point(77, -1, -1, -20, -1)}},
      {"a", {{"x", "1"}, {"y", "\xc3\xa4"}}, 1, 100, {Point(9, kLarge, kLarge, 20 * kLarge, kLarge)}},
      {"b", {}, 1'000, 1, {Point(1, -kLarge, kLarge, 0, -kLarge), Point(2, kLarge, kLarge, kLarge, kLarge)}},
      {"c", {{"z", ""}}, 1, 1, {Point(1, 0.1, 1e300, 3.25, -0.0), Point(2, -kInfinite, kInfinite, 1, 5e-324)}},
  });
}

TEST(RolledCodecTest, KeepsRandomSeries) {
  std::mt19937_64 random(7);
  std::vector<RolledSeries> all;
  for (int series = 0; series < 40; ++series) {
    RolledSeries one{absl::StrCat("m", series / 4), {{"s", absl::StrCat(series)}}, 1, 1, {}};
    for (std::int64_t bucket = 1'000; bucket < 1'288; ++bucket) {
      if (random() % 20 == 0) continue;
      const auto value = [&] {
        const auto bits = static_cast<std::int64_t>(random());
        if (series % 3 == 0) return static_cast<double>(bits % 1'000);
        return series % 3 == 1 ? static_cast<double>(bits) : std::ldexp(static_cast<double>(bits), -40);
      };
      one.points.push_back(Point(bucket, value(), value(), value(), value()));
      one.points.back().count = 1 + random() % 300;
    }
    all.push_back(one);
  }
  ExpectSame(all);
}

TEST(RolledCodecTest, TakesLittleForWhatHardlyChanges) {
  RolledSeries constant{"constant", {}, 1, 1, {}};
  RolledSeries counter{"counter", {}, 1, 1, {}};
  for (int i = 0; i < 288; ++i) {
    constant.points.push_back(Point(i, 8e9, 8e9, 20 * 8e9, 8e9));
    const double first = 100.0 * 20 * i;
    counter.points.push_back(Point(i, first, first + 1900, 20 * first + 950 * 20, first + 1900));
  }
  EXPECT_LT(PackRolled(300'000, {constant}).size(), 120u);
  EXPECT_LT(PackRolled(300'000, {constant, counter}).size(), 450u);
}

TEST(RolledCodecTest, RefusesWhatIsCutShort) {
  const std::string whole =
      PackRolled(300'000, {{"a", {{"x", "1"}}, 1, 1, {Point(1, 1, 5, 60, 4), Point(2, 2, 9, 80, 7)}}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(RolledPack::Open(whole.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST(RolledPointsTest, MergeInAnyOrder) {
  std::vector<RolledPoint> points{{3, 10, 20, 2, 1, 4, 5, 4}, {3, 30, 40, 3, 0, 2, 3, 2}, {3, 5, 5, 1, 9, 9, 9, 9}};
  const RolledPoint whole{3, 5, 40, 6, 0, 9, 17, 2};
  for (int order = 0; order < 3; ++order) {
    std::rotate(points.begin(), points.begin() + 1, points.end());
    RolledPoint merged = points[0];
    Merge(points[1], merged);
    Merge(points[2], merged);
    EXPECT_EQ(merged, whole);
  }
}

}  // namespace
}  // namespace steward::collector
