#include "collector/storage/block/compression.h"

#include <zstd.h>

#include <memory>

namespace steward::collector {
namespace {

constexpr int kCompressionLevel = 3;

absl::Status DamagedBlock(const char* what) {
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
    return DamagedBlock("its size");
  }
  // Kept by each thread: making one takes longer than most of what it is used for.
  static thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (context == nullptr) return absl::ResourceExhaustedError("no memory to decompress a block of samples with");
  std::string out(size, '\0');
  const std::size_t got = ZSTD_decompressDCtx(context.get(), out.data(), out.size(), content.data(), content.size());
  if (ZSTD_isError(got) != 0) return DamagedBlock(ZSTD_getErrorName(got));
  if (got != size) return DamagedBlock("its length");
  return out;
}

}  // namespace steward::collector
