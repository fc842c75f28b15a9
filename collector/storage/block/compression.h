// zstd, with bounds.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace steward::collector {

inline constexpr std::size_t kUnpackedBytesMax = 64 << 20;

std::string Compressed(std::string_view bytes);
// DataLoss: not one whole frame, or larger than kUnpackedBytesMax.
absl::StatusOr<std::string> Decompressed(std::string_view content);

}  // namespace steward::collector
