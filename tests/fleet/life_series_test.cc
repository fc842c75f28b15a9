#include "tests/fleet/life_series.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"

namespace steward::fleet {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(15);
const absl::Time kStart = absl::FromUnixSeconds(1'790'000'000);

TEST(LifeSeries, AreAsManyAsAskedFor) {
  for (const int count : {1, 20, 150, 500}) {
    EXPECT_EQ(LifeSeries(1, count, kInterval).descriptors().series_size(), count);
  }
}

TEST(LifeSeries, AreTheSameForTheSameSeed) {
  LifeSeries one(7, 150, kInterval);
  LifeSeries other(7, 150, kInterval);
  LifeSeries third(8, 150, kInterval);
  const wire::SampleBatch batch = one.Sample(kStart, absl::Hours(1));
  EXPECT_EQ(batch, other.Sample(kStart, absl::Hours(1)));
  EXPECT_NE(batch, third.Sample(kStart, absl::Hours(1)));
}

TEST(LifeSeries, PassTheCodecThroughManyCycles) {
  LifeSeries series(3, 150, kInterval);
  wire::DescriptorTable table;
  ASSERT_TRUE(table.Add(series.descriptors()).ok());
  wire::SegmentEncoder encoder(table);
  wire::SegmentDecoder decoder(table);
  for (int cycle = 0; cycle < 100; ++cycle) {
    const wire::SampleBatch batch = series.Sample(kStart + cycle * kInterval, absl::Hours(1) + cycle * kInterval);
    std::string payload;
    ASSERT_TRUE(encoder.Encode(batch, payload).ok());
    wire::DecodedBatch decoded;
    ASSERT_TRUE(decoder.Decode(payload, decoded).ok());
    EXPECT_EQ(decoded.groups.size(), batch.groups.size());
  }
}

TEST(LifeSeries, HaveCountersThatNeverGoBackAlsoOverARestart) {
  std::map<std::uint32_t, wire::RawValue> last;
  for (int run = 0; run < 3; ++run) {
    LifeSeries series(5, 150, kInterval);
    for (int cycle = 0; cycle < 50; ++cycle) {
      const wire::SampleBatch batch = series.Sample(kStart + (run * 50 + cycle) * kInterval, absl::Hours(1));
      for (const wire::GroupSample& group : batch.groups) {
        for (const wire::SeriesValue& value : group.values) {
          const v1::SeriesDescriptor& descriptor = series.descriptors().series(static_cast<int>(value.series - 1));
          if (descriptor.type() != v1::METRIC_TYPE_COUNTER) continue;
          EXPECT_GE(value.value, last[value.series]) << descriptor.metric();
          last[value.series] = value.value;
        }
      }
    }
  }
}

TEST(LifeSeries, LeaveAGroupOutAndEndASeriesNowAndThen) {
  LifeSeries series(5, 150, kInterval);
  bool group_left_out = false;
  std::map<std::size_t, int> values_per_full_cycle;
  for (int cycle = 0; cycle < 64; ++cycle) {
    const wire::SampleBatch batch = series.Sample(kStart + cycle * kInterval, absl::Hours(1));
    if (static_cast<int>(batch.groups.size()) < series.descriptors().groups_size()) {
      group_left_out = true;
      continue;
    }
    std::size_t values = 0;
    for (const wire::GroupSample& group : batch.groups) values += group.values.size();
    ++values_per_full_cycle[values];
  }
  EXPECT_TRUE(group_left_out);
  EXPECT_EQ(values_per_full_cycle.size(), 2u);
}

}  // namespace
}  // namespace steward::fleet
