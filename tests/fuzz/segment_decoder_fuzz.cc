// The sample payload as the collector decodes it: any bytes, as a segment of up to 255-byte batches; what decodes must
// encode and decode again to the same, and a series that is followed alone must have the same values.
#include <cstdlib>
#include <optional>

#include "proto/wire/segment_codec.h"
#include "proto/wire/series_follower.h"
#include "tests/support/random_batches.h"

using namespace steward::wire;

namespace {

std::optional<RawValue> ValueOf(const DecodedBatch& batch, std::uint32_t series) {
  for (const DecodedGroup& group : batch.groups) {
    for (const SeriesValue& value : group.values) {
      if (value.series == series) return value.value;
    }
  }
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RandomMachine machine(1, 4, 40);
  const DescriptorTable& table = machine.descriptors();
  if (size == 0) return 0;
  const std::uint32_t series = 1 + data[0] % table.max_series_id();
  SegmentDecoder decoder(table);
  SegmentEncoder encoder(table);
  SegmentDecoder again(table);
  SeriesFollower follower({{table.GroupOf(series), series, table.IsDouble(series)}});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(rest[0]), rest.size() - 1);
    DecodedBatch decoded;
    std::vector<SeriesFollower::Value> followed;
    const absl::Status follow = follower.Follow(rest.substr(1, length), followed);
    if (!decoder.Decode(rest.substr(1, length), decoded).ok()) return 0;
    rest.remove_prefix(1 + length);
    if (!follow.ok()) std::abort();
    const auto value = ValueOf(decoded, series);
    if (followed.empty() == value.has_value() || (value.has_value() && followed[0].value != *value)) std::abort();
    SampleBatch batch{decoded.boot_ms, {}};
    for (const DecodedGroup& group : decoded.groups) {
      batch.groups.push_back({group.group, {group.values.begin(), group.values.end()}});
    }
    std::string payload;
    DecodedBatch repeated;
    if (!encoder.Encode(batch, payload).ok() || !again.Decode(payload, repeated).ok()) std::abort();
    if (repeated.boot_ms != decoded.boot_ms || repeated.groups.size() != decoded.groups.size()) std::abort();
    for (std::size_t i = 0; i < repeated.groups.size(); ++i) {
      if (repeated.groups[i].values != decoded.groups[i].values) std::abort();
    }
  }
  return 0;
}
