#include "collector/storage/block/compression.h"

#include <zstd.h>

namespace steward::collector {
namespace {

constexpr int kCompressionLevel = 3;

absl::Status Damaged(const char* what) {
  return absl::DataLossError(std::string("a block of samples is damaged: ") + what);
}

}  // namespace

std::string Compressed(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kCompressionLevel));
  return out;
}

absl::StatusOr<std::string> Decompressed(std::string_view content) {
  const unsigned long long size = ZSTD_getFrameContentSize(content.data(), content.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kUnpackedBytesMax) {
    return Damaged("its size");
  }
  std::string out(size, '\0');
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), content.data(), content.size());
  if (ZSTD_isError(got) != 0) return Damaged(ZSTD_getErrorName(got));
  if (got != size) return Damaged("its length");
  return out;
}

}  // namespace steward::collector
