// How batches are packed into a block, and descriptors into a row. FORMAT.md has the layout.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace steward::collector {

// One batch as it lies in the log or in a block; the bytes are somebody else's.
struct StoredBatch {
  std::uint64_t segment_first = 0;
  std::uint64_t sequence = 0;
  std::int64_t time_ms = 0;
  std::uint64_t sample_count = 0;
  std::string_view samples;
  std::string_view events;
  std::int64_t position = 0;              // in the order of commits
  std::optional<std::uint32_t> checksum;  // if `samples` is not what was received
  bool rolled_up = false;                 // the hours know its samples; of an unpacked block: it can be decoded
};

// Codings of `content`; stored: permanent.
inline constexpr std::int64_t kBlockCodingPayloads = 1;  // the payloads as received; written by schema 1
inline constexpr std::int64_t kBlockCodingColumns = 2;   // block/column_block.h

struct UnpackedBlock {
  std::unique_ptr<const std::string> bytes;  // what the views of the batches are in
  std::deque<std::string> payloads;          // and these
  std::vector<StoredBatch> batches;
};
// The batches of a block, by sequence, with payloads that decode to what was received. DataLoss: damaged.
absl::StatusOr<UnpackedBlock> UnpackBlock(std::int64_t coding, std::string_view content);

// The positions of a block's batches, for `block_position`.
std::string PackPositions(absl::Span<const StoredBatch> batches);
absl::Status UnpackPositions(std::string_view content, absl::Span<StoredBatch> batches);

}  // namespace steward::collector
