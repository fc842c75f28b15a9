// The sample codec: batches of one segment, each a delta against the state that the ones before it left.
// The byte layout is in README.md beside this file. Not thread-safe; one object a segment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "proto/wire/bytes.h"
#include "proto/wire/samples.h"

namespace steward::wire {

// Whether a series holds doubles, so that its deltas are XORs of bits and not differences.
class SeriesKinds {
 public:
  virtual ~SeriesKinds() = default;
  // False for a series that is not known.
  virtual bool IsKnown(std::uint32_t series) const = 0;
  virtual bool IsDouble(std::uint32_t series) const = 0;
  // The group the series belongs to; 0 if not known.
  virtual std::uint32_t GroupOf(std::uint32_t series) const = 0;
};

// Limits of one payload; more is refused by the decoder and never written by the encoder.
inline constexpr std::size_t kPayloadBytesMax = 1 << 20;
inline constexpr std::size_t kGroupsPerBatchMax = 256;
inline constexpr std::size_t kSeriesPerMachineMax = 20'000;

class SegmentEncoder {
 public:
  // `kinds` outlives the encoder.
  explicit SegmentEncoder(const SeriesKinds& kinds) : kinds_(kinds) {}

  // Appends the payload of `batch` to `out`. The first call writes a key frame.
  // InvalidArgument (nothing appended, state unchanged): unknown series, series of another group, order, limits.
  absl::Status Encode(const SampleBatch& batch, std::string& out);

 private:
  const SeriesKinds& kinds_;
  bool first_ = true;
  std::int64_t boot_ms_ = 0;
  absl::flat_hash_map<std::uint32_t, std::vector<SeriesValue>> groups_;  // state by group, ascending by series
};

// One sampled group of a decoded batch. Spans are valid until the next Decode.
struct DecodedGroup {
  std::uint32_t group = 0;
  absl::Span<const SeriesValue> values;          // every live series of the group, ascending by series
  absl::Span<const std::uint32_t> changed;       // indices into values: new or with another value
  absl::Span<const std::uint32_t> ended;         // series ids that were live before and are not now
};

struct DecodedBatch {
  std::int64_t boot_ms = 0;
  bool key_frame = false;
  std::vector<DecodedGroup> groups;              // ascending by group
  std::size_t sample_count() const;              // values of all sampled groups
};

class SegmentDecoder {
 public:
  explicit SegmentDecoder(const SeriesKinds& kinds) : kinds_(kinds) {}

  // Reads the next payload of the segment. The first must be a key frame, the others must not.
  // InvalidArgument: not decodable, with what and at which byte; the decoder refuses all further payloads then.
  // No payload, however made, makes it read out of bounds, allocate beyond the limits above or run long.
  absl::Status Decode(std::string_view payload, DecodedBatch& batch);

 private:
  class GroupDecoder;
  struct Group {
    std::vector<SeriesValue> values;     // live ones, ascending by series
    std::vector<std::uint32_t> changed;  // by the last payload
    std::vector<std::uint32_t> ended;
  };
  absl::Status DecodePayload(std::string_view payload, DecodedBatch& batch);
  absl::Status DecodeGroup(ByteReader& in, std::uint32_t group, DecodedBatch& batch);

  const SeriesKinds& kinds_;
  bool first_ = true;
  bool broken_ = false;
  std::int64_t boot_ms_ = 0;
  std::size_t live_series_ = 0;
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<Group>> groups_;  // spans into them are handed out
};

}  // namespace steward::wire
