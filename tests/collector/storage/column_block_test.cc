// The coding of blocks: what goes in comes out, bit for bit, and damage is noticed or harmless.
#include "collector/storage/block/column_block.h"

#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "collector/storage/block/column_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

using Values = std::vector<std::int64_t>;

void ExpectRoundTrip(const Values& values) {
  std::string bytes;
  EncodeColumn(values, bytes);
  Values back;
  const absl::Status status = DecodeColumn(bytes, values.size(), back);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(back, values);
}

TEST(ColumnCodecTest, KeepsTheExtremes) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  ExpectRoundTrip({0});
  ExpectRoundTrip({kMin});
  ExpectRoundTrip({kMax, kMin, 0, kMax, -1, kMin, kMin, 1});
  ExpectRoundTrip({0, kMin, 0, kMin});
  ExpectRoundTrip({wire::RawFromDouble(std::nan("1")), wire::RawFromDouble(-0.0), wire::RawFromDouble(INFINITY),
                   wire::RawFromDouble(5e-324)});
}

TEST(ColumnCodecTest, KeepsWhatRandomSeriesHold) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    Values values(1 + random() % 300);
    const int width = static_cast<int>(random() % 64);
    std::uint64_t value = random();
    for (std::int64_t& one : values) {
      if (random() % 3 != 0) value += (random() >> 1 >> width) * (random() % 2 == 0 ? 1 : ~std::uint64_t{0});
      one = static_cast<std::int64_t>(value);
    }
    ExpectRoundTrip(values);
  }
}

TEST(ColumnCodecTest, CostsNearlyNothingForWhatDoesNotChange) {
  std::string bytes;
  EncodeColumn(Values(1'000, 42), bytes);
  EXPECT_LE(bytes.size(), 2u);
  bytes.clear();
  Values steps(1'000, 42);
  for (std::size_t i = 500; i < steps.size(); ++i) steps[i] = 43;
  EncodeColumn(steps, bytes);
  EXPECT_LE(bytes.size(), 20u);
}

TEST(ColumnCodecTest, SurvivesAnyBytes) {
  std::mt19937 random(2);
  Values values;
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = static_cast<char>(random() % 70);
    (void)DecodeColumn(bytes, random() % 100, values);
  }
}

// Three groups, one of them doubles sampled now and then; series come and go.
class BlockTest : public testing::Test {
 protected:
  BlockTest() {
    v1::DescriptorSet set;
    for (std::uint32_t id = 1; id <= 3; ++id) {
      v1::ProbeGroup& group = *set.add_groups();
      group.set_id(id);
      group.set_name("g" + std::to_string(id));
      group.set_interval_ms(1000);
    }
    for (std::uint32_t id = 1; id <= kSeries; ++id) {
      v1::SeriesDescriptor& series = *set.add_series();
      series.set_id(id);
      series.set_group(id % 3 + 1);
      series.set_metric("m" + std::to_string(id));
      series.set_type(v1::METRIC_TYPE_GAUGE);
      series.set_kind(id % 3 == 2 ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
    }
    EXPECT_TRUE(table_.Add(set).ok());
  }

  // Batches 1 .. count in segments of 10; from `raw_from` on the block is given no decoded form.
  void Make(int count, std::uint32_t seed, std::uint64_t raw_from = 1'000'000) {
    std::mt19937 random(seed);
    ColumnBlockBuilder builder(table_);
    std::unique_ptr<wire::SegmentEncoder> encoder;
    std::unique_ptr<wire::SegmentDecoder> decoder;
    wire::DecodedBatch decoded;
    for (int i = 0; i < count; ++i) {
      if (i % 10 == 0) {
        encoder = std::make_unique<wire::SegmentEncoder>(table_);
        decoder = std::make_unique<wire::SegmentDecoder>(table_);
      }
      wire::SampleBatch batch;
      batch.boot_ms = i;
      for (std::uint32_t group = 1; group <= 3; ++group) {
        if (group == 3 && random() % 4 != 0) continue;
        wire::GroupSample sample{group, {}};
        for (std::uint32_t id = 1; id <= kSeries; ++id) {
          if (id % 3 + 1 != group || (id > 8 && random() % 5 == 0)) continue;
          sample.values.push_back({id, static_cast<std::int64_t>(id % 2 == 0 ? random() : id)});
        }
        batch.groups.push_back(sample);
      }
      std::string& payload = payloads_.emplace_back();
      ASSERT_TRUE(encoder->Encode(batch, payload).ok());
      ASSERT_TRUE(decoder->Decode(payload, decoded).ok());
      samples_.push_back(batch);
      BlockBatch stored;
      stored.sequence = static_cast<std::uint64_t>(i) + 1;
      stored.segment_first = static_cast<std::uint64_t>(i / 10 * 10) + 1;
      stored.time_ms = 1'700'000'000'000 + 15'000 * i + static_cast<std::int64_t>(random() % 50);
      stored.checksum = BatchChecksum(payload, "");
      stored.payload = payload;
      stored.events = i % 7 == 0 ? "events" : "";
      builder.Add(stored, stored.sequence < raw_from ? &decoded : nullptr);
      batches_.push_back(stored);
    }
    content_ = builder.Finish();
  }

  static constexpr std::uint32_t kSeries = 14;
  wire::DescriptorTable table_;
  std::deque<std::string> payloads_;
  std::vector<wire::SampleBatch> samples_;
  std::vector<BlockBatch> batches_;
  std::string content_;
};

TEST_F(BlockTest, GivesBackWhatItWasGiven) {
  Make(95, 1, 88);
  const auto block = ColumnBlock::Open(content_);
  ASSERT_TRUE(block.ok()) << block.status();
  ASSERT_EQ(block->batches().size(), batches_.size());
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const BlockBatch& batch = block->batches()[i];
    EXPECT_EQ(batch.sequence, batches_[i].sequence);
    EXPECT_EQ(batch.segment_first, batches_[i].segment_first);
    EXPECT_EQ(batch.time_ms, batches_[i].time_ms);
    EXPECT_EQ(batch.checksum, batches_[i].checksum);
    EXPECT_EQ(batch.events, batches_[i].events);
    EXPECT_EQ(batch.decoded, batch.sequence < 88);
    EXPECT_EQ(batch.payload, batch.decoded ? "" : batches_[i].payload);
  }
}

TEST_F(BlockTest, ReadsOneSeriesAlone) {
  Make(95, 2);
  const auto block = ColumnBlock::Open(content_);
  ASSERT_TRUE(block.ok()) << block.status();
  std::vector<ColumnBlock::Point> points;
  for (std::uint32_t series = 1; series <= kSeries; ++series) {
    ASSERT_TRUE(block->ReadSeries(series, points).ok());
    std::size_t next = 0;
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      for (const wire::GroupSample& group : samples_[i].groups) {
        for (const wire::SeriesValue& value : group.values) {
          if (value.series != series) continue;
          ASSERT_LT(next, points.size());
          EXPECT_EQ(points[next].batch, i);
          EXPECT_EQ(points[next++].value, value.value);
        }
      }
    }
    EXPECT_EQ(next, points.size()) << series;
  }
  EXPECT_TRUE(block->ReadSeries(99, points).ok());
  EXPECT_TRUE(points.empty());
}

TEST_F(BlockTest, WritesPayloadsThatDecodeToTheSame) {
  Make(95, 3);
  const auto block = ColumnBlock::Open(content_);
  ASSERT_TRUE(block.ok()) << block.status();
  std::deque<std::string> payloads;
  ASSERT_TRUE(block->WritePayloads(payloads).ok());
  ASSERT_EQ(payloads.size(), samples_.size());
  std::unique_ptr<wire::SegmentDecoder> decoder;
  wire::DecodedBatch decoded;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    if (i % 10 == 0) decoder = std::make_unique<wire::SegmentDecoder>(table_);
    ASSERT_TRUE(decoder->Decode(payloads[i], decoded).ok()) << i;
    ASSERT_EQ(decoded.groups.size(), samples_[i].groups.size());
    for (std::size_t group = 0; group < decoded.groups.size(); ++group) {
      EXPECT_THAT(decoded.groups[group].values, testing::ElementsAreArray(samples_[i].groups[group].values));
    }
  }
}

TEST_F(BlockTest, NoticesOrSurvivesDamage) {
  Make(40, 4, 38);
  std::mt19937 random(5);
  std::vector<ColumnBlock::Point> points;
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = content_;
    if (round % 3 == 0) bytes.resize(random() % bytes.size());
    for (std::size_t i = random() % 3; i < 3 && !bytes.empty(); ++i) bytes[random() % bytes.size()] ^= static_cast<char>(random());
    const auto block = ColumnBlock::Open(bytes);
    if (!block.ok()) {
      EXPECT_EQ(block.status().code(), absl::StatusCode::kDataLoss);
      continue;
    }
    for (std::uint32_t series = 1; series <= kSeries; ++series) (void)block->ReadSeries(series, points);
    std::deque<std::string> payloads;
    (void)block->WritePayloads(payloads);
  }
}

}  // namespace
}  // namespace steward::collector
