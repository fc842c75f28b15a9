// How batches are packed into a block, and descriptors into a row. FORMAT.md has the layout.
#pragma once

#include <cstdint>
#include <memory>
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
  std::int64_t position = 0;  // in the order of commits; PackBlock does not keep it
};

inline constexpr std::int64_t kBlockCodingBatches = 1;   // stored: permanent
inline constexpr std::size_t kBlockBytesMax = 64 << 20;  // unpacked

// `batches` ascend by sequence.
std::string PackBlock(absl::Span<const StoredBatch> batches);

struct UnpackedBlock {
  std::unique_ptr<const std::string> bytes;  // what the views of the batches are in
  std::vector<StoredBatch> batches;
};
// DataLoss: not what PackBlock made.
absl::StatusOr<UnpackedBlock> UnpackBlock(std::int64_t coding, std::string_view content);

// The positions of a block's batches, for `block_position`.
std::string PackPositions(absl::Span<const StoredBatch> batches);
absl::Status UnpackPositions(std::string_view content, absl::Span<StoredBatch> batches);

std::string Compressed(std::string_view bytes);
absl::StatusOr<std::string> Decompressed(std::string_view content);

}  // namespace steward::collector
