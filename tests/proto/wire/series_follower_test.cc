// Protects: a few series read alone have the values that decoding everything gives them.
#include "proto/wire/series_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "proto/wire/segment_codec.h"
#include "tests/support/random_batches.h"

namespace steward::wire {

void PrintTo(const SeriesFollower::Value& value, std::ostream* out) { *out << value.index << ": " << value.value; }
bool operator==(const SeriesFollower::Value& a, const SeriesFollower::Value& b) {
  return a.index == b.index && a.value == b.value;
}

namespace {

using Series = SeriesFollower::Series;
using Value = SeriesFollower::Value;

// Every series with this chance.
std::vector<Series> Some(const DescriptorTable& table, double chance, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Series> some;
  for (std::uint32_t id = 1; id <= table.max_series_id(); ++id) {
    if (std::uniform_real_distribution<>()(random) < chance)
      some.push_back({table.GroupOf(id), id, table.IsDouble(id)});
  }
  std::stable_sort(some.begin(), some.end(), [](const Series& a, const Series& b) { return a.group < b.group; });
  return some;
}

std::vector<Value> Expected(const DecodedBatch& batch, const std::vector<Series>& series) {
  std::vector<Value> values;
  for (const DecodedGroup& group : batch.groups) {
    for (std::size_t i = 0; i < series.size(); ++i) {
      for (const SeriesValue& value : group.values) {
        if (series[i].group == group.group && value.series == series[i].series) values.push_back({i, value.value});
      }
    }
  }
  return values;
}

class SeriesFollowerTest : public testing::TestWithParam<double> {};

TEST_P(SeriesFollowerTest, GivesWhatDecodingGives) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomMachine machine(seed, 5, 40);
    const std::vector<Series> some = Some(machine.descriptors(), GetParam(), seed);
    SegmentEncoder encoder(machine.descriptors());
    SegmentDecoder decoder(machine.descriptors());
    SeriesFollower follower(some);
    for (int i = 0; i < 60; ++i) {
      std::string payload;
      ASSERT_EQ(encoder.Encode(machine.Next(), payload), absl::OkStatus());
      DecodedBatch batch;
      ASSERT_EQ(decoder.Decode(payload, batch), absl::OkStatus());
      std::vector<Value> values;
      ASSERT_EQ(follower.Follow(payload, values), absl::OkStatus()) << "seed " << seed << ", batch " << i;
      ASSERT_EQ(values, Expected(batch, some)) << "seed " << seed << ", batch " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Chance, SeriesFollowerTest, testing::Values(0.005, 0.1, 0.5, 1.0));

TEST(SeriesFollower, RefusesWhatIsNoSegment) {
  RandomMachine machine(1, 2, 10);
  SegmentEncoder encoder(machine.descriptors());
  std::string key_frame;
  std::string delta;
  ASSERT_TRUE(encoder.Encode(machine.Next(), key_frame).ok());
  ASSERT_TRUE(encoder.Encode(machine.Next(), delta).ok());
  const std::vector<Series> last{{2, machine.descriptors().max_series_id(), false}};
  std::vector<Value> values;
  EXPECT_TRUE(absl::IsInvalidArgument(SeriesFollower(last).Follow(delta, values)));
  SeriesFollower twice(last);
  EXPECT_TRUE(twice.Follow(key_frame, values).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(twice.Follow(key_frame, values)));
}

TEST(SeriesFollower, StopsAtTheEndOfAPayloadThatIsCut) {
  RandomMachine machine(3, 2, 40);
  const std::vector<Series> all = Some(machine.descriptors(), 1, 1);
  std::string payload;
  ASSERT_TRUE(SegmentEncoder(machine.descriptors()).Encode(machine.Next(), payload).ok());
  for (std::size_t size = 0; size < payload.size() - 1; ++size) {
    const std::string cut = payload.substr(0, size);
    std::vector<Value> values;
    EXPECT_FALSE(SeriesFollower({all.back()}).Follow(cut, values).ok()) << size;
  }
}

// The last of many, behind varints of every length.
TEST(SeriesFollower, PassesOverVarintsOfEveryLength) {
  constexpr std::uint32_t kSeries = 64;
  v1::DescriptorSet set;
  SampleBatch batch{1000, {{1, {}}}};
  for (std::uint32_t id = 1; id <= kSeries; ++id) {
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(id);
    series.set_group(1);
    series.set_metric("m");
    series.set_type(v1::METRIC_TYPE_GAUGE);
    series.set_kind(v1::VALUE_KIND_INTEGER);
    batch.groups[0].values.push_back({id, static_cast<RawValue>(std::uint64_t{1} << (id - 1))});
  }
  DescriptorTable table;
  ASSERT_EQ(table.Add(set), absl::OkStatus());
  std::string payload;
  ASSERT_EQ(SegmentEncoder(table).Encode(batch, payload), absl::OkStatus());
  for (std::uint32_t id = 1; id <= kSeries; ++id) {
    std::vector<Value> values;
    ASSERT_EQ(SeriesFollower({{1, id, false}}).Follow(payload, values), absl::OkStatus());
    EXPECT_THAT(values, testing::ElementsAre(Value{0, batch.groups[0].values[id - 1].value}));
  }
}

}  // namespace
}  // namespace steward::wire
