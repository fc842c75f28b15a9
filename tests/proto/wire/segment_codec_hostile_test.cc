// Protects: no payload, however made, crashes the decoder, makes it allocate or run without bound, or goes unnoticed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/escaping.h"
#include "proto/wire/bytes.h"
#include "proto/wire/segment_codec.h"
#include "tests/support/random_batches.h"

namespace steward::wire {
namespace {

using testing::HasSubstr;

class HostilePayload : public testing::Test {
 protected:
  std::string Refusal(const std::string& hex) {
    SegmentDecoder decoder(machine_.descriptors());
    DecodedBatch batch;
    const absl::Status status = decoder.Decode(absl::HexStringToBytes(hex), batch);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << hex;
    return std::string(status.message());
  }
  RandomMachine machine_{1, 2, 4};  // series 1..4 in group 1, 5..8 in group 2
};

TEST_F(HostilePayload, EachFaultIsNamed) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {"0500", "version 2"},
      {"020000", "not a key frame"},
      {"0300", "cut short"},
      {"0300" "8102", "more than 256 groups"},
      {"0300" "01" "00" "00", "groups are not in ascending order"},
      {"0300" "01" "01" "01" "00" "00", "series are not in ascending order"},
      {"0300" "01" "01" "01" "05", "series 1 ends but is not live"},
      {"0300" "01" "01" "01" "14" "02", "series 5 belongs to another group"},
      {"0300" "01" "01" "01" "24" "02", "series 9 was never described"},
      {"0300" "01" "01" "01" "07" "7f", "a run is longer than what follows"},
      {"0300" "01" "01" "01" "04", "cut short"},
      {"0300" "00" "ff", "bytes after the last group"},
      {"03ffffffffffffffffff02" "00", "cut short"},  // a varint past 64 bits
  };
  for (const auto& [hex, message] : cases) {
    EXPECT_THAT(Refusal(hex), HasSubstr(message)) << hex;
  }
}

TEST_F(HostilePayload, AfterOneFaultTheSegmentIsOver) {
  SegmentEncoder encoder(machine_.descriptors());
  std::string good;
  ASSERT_TRUE(encoder.Encode(machine_.Next(), good).ok());
  SegmentDecoder decoder(machine_.descriptors());
  DecodedBatch batch;
  EXPECT_FALSE(decoder.Decode("\xff", batch).ok());
  EXPECT_FALSE(decoder.Decode(good, batch).ok());
}

TEST_F(HostilePayload, ASecondKeyFrameIsRefused) {
  SegmentEncoder encoder(machine_.descriptors());
  std::string key;
  ASSERT_TRUE(encoder.Encode(machine_.Next(), key).ok());
  SegmentDecoder decoder(machine_.descriptors());
  DecodedBatch batch;
  ASSERT_TRUE(decoder.Decode(key, batch).ok());
  EXPECT_FALSE(decoder.Decode(key, batch).ok());
}

TEST_F(HostilePayload, TooLongIsRefusedBeforeItIsRead) {
  SegmentDecoder decoder(machine_.descriptors());
  DecodedBatch batch;
  EXPECT_THAT(decoder.Decode(std::string(kPayloadBytesMax + 1, '\x03'), batch).message(), HasSubstr("longer than"));
}

TEST_F(HostilePayload, EveryTruncationAndEveryFlippedBitIsHandled) {
  RandomMachine machine(3, 4, 12);
  SegmentEncoder encoder(machine.descriptors());
  std::vector<std::string> payloads(3);
  for (std::string& payload : payloads) ASSERT_TRUE(encoder.Encode(machine.Next(), payload).ok());
  const auto run = [&](const std::string& last) {
    SegmentDecoder decoder(machine.descriptors());
    DecodedBatch batch;
    ASSERT_TRUE(decoder.Decode(payloads[0], batch).ok());
    ASSERT_TRUE(decoder.Decode(payloads[1], batch).ok());
    if (decoder.Decode(last, batch).ok()) {
      for (const DecodedGroup& group : batch.groups) {
        EXPECT_TRUE(std::is_sorted(group.values.begin(), group.values.end(),
                                   [](const auto& a, const auto& b) { return a.series < b.series; }));
        for (const std::uint32_t index : group.changed) EXPECT_LT(index, group.values.size());
      }
    }
  };
  for (std::size_t size = 0; size < payloads[2].size(); ++size) run(payloads[2].substr(0, size));
  for (std::size_t bit = 0; bit < payloads[2].size() * 8; ++bit) {
    std::string changed = payloads[2];
    changed[bit / 8] = static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1u << (bit % 8)));
    run(changed);
  }
}

TEST(Varint, RoundTripsAndRefusesMoreThan64Bits) {
  for (const std::uint64_t value : {0ull, 1ull, 127ull, 128ull, 16384ull, ~0ull, 1ull << 63}) {
    std::string bytes;
    AppendVarint(value, bytes);
    ByteReader in(bytes);
    EXPECT_EQ(in.Varint(), value);
    EXPECT_TRUE(in.ok() && in.at_end());
  }
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(UnZigZag(ZigZag(value)), value);
  }
  ByteReader in(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  in.Varint();
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace steward::wire
