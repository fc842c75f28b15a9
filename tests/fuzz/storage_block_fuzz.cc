// Blocks of samples of every coding, as a damaged file could hold them. The first byte chooses; heads are given unpacked
// as well, since a fuzzer does not get far into a compressed one.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "collector/storage/block/column_block.h"
#include "collector/storage/block/column_codec.h"
#include "collector/storage/block/compression.h"
#include "collector/storage/sqlite/block_codec.h"
#include "collector/storage/tiers/rolled_codec.h"
#include "proto/wire/bytes.h"

namespace {

using namespace steward;             // NOLINT
using namespace steward::collector;  // NOLINT

void ReadAll(std::string_view content) {
  const auto block = ColumnBlock::Open(content);
  if (!block.ok()) return;
  std::vector<ColumnBlock::Point> points;
  for (std::uint32_t series = 0; series < 20; ++series) (void)block->ReadSeries(series, points);
  std::deque<std::string> payloads;
  (void)block->WritePayloads(payloads);
}

void ReadAllRolled(std::string_view content) {
  auto pack = RolledPack::Open(content);
  if (!pack.ok()) return;
  std::vector<RolledPoint> points;
  for (std::size_t i = 0; i < pack->series().size(); ++i) (void)pack->Read(i, points);
}

// The bytes as a head, the length of which they say, and columns.
std::string WithPackedHead(std::string_view bytes) {
  const std::size_t head = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]) % bytes.size();
  const std::string packed = Compressed(bytes.substr(bytes.empty() ? 0 : 1, head));
  std::string content;
  wire::AppendVarint(packed.size(), content);
  return content + packed + std::string(bytes.substr(bytes.empty() ? 0 : 1 + head));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 4:
      ReadAllRolled(WithPackedHead(bytes));
      break;
    case 5:
      ReadAllRolled(bytes);
      break;
    case 0: {
      const std::size_t head = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes[0]) % bytes.size();
      const std::string packed = Compressed(bytes.substr(0, head));
      std::string content;
      wire::AppendVarint(packed.size(), content);
      ReadAll(content + packed + std::string(bytes.substr(head)));
      break;
    }
    case 1: {
      std::vector<std::int64_t> values;
      (void)DecodeColumn(bytes, size * 3, values);
      break;
    }
    case 2:
      (void)UnpackBlock(kBlockCodingPayloads, Compressed(bytes));
      break;
    default:
      (void)UnpackBlock(kBlockCodingColumns, bytes);
  }
  return 0;
}
