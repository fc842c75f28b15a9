// Protects: what an agent encodes is what the collector decodes, value for value, and the layout that is already stored.
#include "proto/wire/segment_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "tests/support/random_batches.h"

namespace steward::wire {
namespace {

SampleBatch AsSampleBatch(const DecodedBatch& decoded) {
  SampleBatch batch{decoded.boot_ms, {}};
  for (const DecodedGroup& group : decoded.groups) {
    batch.groups.push_back({group.group, {group.values.begin(), group.values.end()}});
  }
  return batch;
}

DescriptorTable TwoGroups() {
  v1::DescriptorSet set;
  for (std::uint32_t id = 1; id <= 6; ++id) {
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(id);
    series.set_group(id <= 4 ? 1 : 2);
    series.set_metric("m" + std::to_string(id));
    series.set_type(v1::METRIC_TYPE_COUNTER);
    series.set_kind(id == 6 ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
  }
  DescriptorTable table;
  EXPECT_TRUE(table.Add(set).ok());
  return table;
}

class SegmentCodec : public testing::Test {
 protected:
  std::string Encode(const SampleBatch& batch) {
    std::string payload;
    EXPECT_EQ(encoder_.Encode(batch, payload), absl::OkStatus());
    return payload;
  }
  DecodedBatch Decode(const std::string& payload) {
    DecodedBatch batch;
    EXPECT_EQ(decoder_.Decode(payload, batch), absl::OkStatus());
    return batch;
  }

  DescriptorTable table_ = TwoGroups();
  SegmentEncoder encoder_{table_};
  SegmentDecoder decoder_{table_};
};

TEST_F(SegmentCodec, KeepsItsLayout) {
  // The stored format: if this fails, data in the field is no longer read.
  const SampleBatch key{1000, {{1, {{1, 10}, {2, 20}, {4, -1}}}, {2, {{6, RawFromDouble(1.5)}}}}};
  const SampleBatch delta{16000, {{1, {{1, 11}, {2, 20}, {3, 7}}}}};
  EXPECT_EQ(absl::BytesToHexString(Encode(key)), "03d00f020103041404280801010118bff003");
  EXPECT_EQ(absl::BytesToHexString(Encode(delta)), "02b0ea0101010306080e05");
}

TEST_F(SegmentCodec, TellsUnchangedMissingAndEndedApart) {
  Decode(Encode({1000, {{1, {{1, 10}, {2, 20}, {3, 30}}}, {2, {{5, 50}}}}}));
  const DecodedBatch batch = Decode(Encode({16000, {{1, {{1, 10}, {2, 21}}}}}));
  ASSERT_EQ(batch.groups.size(), 1u);  // group 2: missing
  EXPECT_THAT(batch.groups[0].values, testing::ElementsAre(SeriesValue{1, 10}, SeriesValue{2, 21}));
  EXPECT_THAT(batch.groups[0].changed, testing::ElementsAre(1u));
  EXPECT_THAT(batch.groups[0].ended, testing::ElementsAre(3u));
}

TEST_F(SegmentCodec, AGroupThatComesLaterInASegmentIsListedWhole) {
  Decode(Encode({1000, {{1, {{1, 10}}}}}));
  const DecodedBatch batch = Decode(Encode({2000, {{2, {{5, 0}, {6, RawFromDouble(0.1)}}}}}));
  EXPECT_THAT(batch.groups[0].values, testing::ElementsAre(SeriesValue{5, 0}, SeriesValue{6, RawFromDouble(0.1)}));
}

TEST_F(SegmentCodec, ABatchOfNothingIsAHeartbeat) {
  EXPECT_LE(Encode({1000, {}}).size(), 4u);
}

TEST_F(SegmentCodec, RefusesWhatItCouldNotDecodeAndKeepsItsState) {
  std::string payload;
  const std::vector<SampleBatch> wrong = {
      {1, {{1, {{2, 1}, {1, 1}}}}},   // series not ascending
      {1, {{2, {}}, {1, {}}}},        // groups not ascending
      {1, {{1, {{5, 1}}}}},           // series of another group
      {1, {{1, {{99, 1}}}}},          // never described
      {1, {{0, {}}}},                 // no such group
  };
  for (const SampleBatch& batch : wrong) {
    EXPECT_EQ(encoder_.Encode(batch, payload).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(payload.empty());
  }
  EXPECT_TRUE(Decode(Encode({5, {}})).key_frame);  // still the first
}

TEST(SegmentCodecProperty, EverySegmentComesBackAsItWasSampled) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomMachine machine(seed, 1 + static_cast<int>(seed % 7), 1 + static_cast<int>(seed % 40));
    SegmentEncoder encoder(machine.descriptors());
    SegmentDecoder decoder(machine.descriptors());
    for (int i = 0; i < 60; ++i) {
      const SampleBatch batch = machine.Next();
      std::string payload;
      ASSERT_EQ(encoder.Encode(batch, payload), absl::OkStatus());
      DecodedBatch decoded;
      ASSERT_EQ(decoder.Decode(payload, decoded), absl::OkStatus());
      ASSERT_EQ(AsSampleBatch(decoded), batch);
    }
  }
}

TEST(SegmentCodecProperty, TheChangedOnesAreExactlyThoseThatDiffer) {
  RandomMachine machine(7, 3, 30);
  SegmentEncoder encoder(machine.descriptors());
  SegmentDecoder decoder(machine.descriptors());
  std::map<std::uint32_t, RawValue> before;
  for (int i = 0; i < 100; ++i) {
    std::string payload;
    ASSERT_TRUE(encoder.Encode(machine.Next(), payload).ok());
    DecodedBatch decoded;
    ASSERT_TRUE(decoder.Decode(payload, decoded).ok());
    for (const DecodedGroup& group : decoded.groups) {
      for (const std::uint32_t series : group.ended) EXPECT_EQ(before.erase(series), 1u);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t k = 0; k < group.values.size(); ++k) {
        const auto [series, value] = group.values[k];
        if (!before.contains(series) || before[series] != value) expected.push_back(k);
        before[series] = value;
      }
      EXPECT_THAT(group.changed, testing::ElementsAreArray(expected));
    }
  }
}

}  // namespace
}  // namespace steward::wire
