// The sample payload as the collector decodes it: any bytes, as a segment of up to 255-byte batches; what decodes must
// encode and decode again to the same.
#include <cstdlib>

#include "proto/wire/segment_codec.h"
#include "tests/support/random_batches.h"

using namespace steward::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RandomMachine machine(1, 4, 40);
  SegmentDecoder decoder(machine.descriptors());
  SegmentEncoder encoder(machine.descriptors());
  SegmentDecoder again(machine.descriptors());
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<std::uint8_t>(rest[0]), rest.size() - 1);
    DecodedBatch decoded;
    if (!decoder.Decode(rest.substr(1, length), decoded).ok()) return 0;
    rest.remove_prefix(1 + length);
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
