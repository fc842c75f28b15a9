#include "collector/storage/sqlite/block_codec.h"

#include "absl/strings/str_cat.h"
#include "collector/storage/block/column_block.h"
#include "collector/storage/block/compression.h"
#include "proto/wire/bytes.h"

namespace steward::collector {
namespace {

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("a block of samples is damaged: ", std::string(what)));
}

std::string_view Take(std::string_view& bytes, std::size_t count) {
  const std::string_view taken = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return taken;
}

}  // namespace

std::string PackPositions(absl::Span<const StoredBatch> batches) {
  std::string out;
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  for (const StoredBatch& batch : batches) {
    const std::uint64_t next_step = static_cast<std::uint64_t>(batch.position) - last;
    wire::AppendVarint(wire::ZigZag(static_cast<std::int64_t>(next_step - step)), out);
    step = next_step;
    last += step;
  }
  return out;
}

absl::Status UnpackPositions(std::string_view content, absl::Span<StoredBatch> batches) {
  wire::ByteReader in(content);
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  for (StoredBatch& batch : batches) {
    step += static_cast<std::uint64_t>(wire::UnZigZag(in.Varint()));
    last += step;
    batch.position = static_cast<std::int64_t>(last);
  }
  return in.ok() && in.at_end() ? absl::OkStatus() : Damaged("its positions");
}

namespace {

absl::StatusOr<UnpackedBlock> UnpackColumns(std::string_view content) {
  const auto block = ColumnBlock::Open(content);
  if (!block.ok()) return block.status();
  UnpackedBlock unpacked;
  if (absl::Status status = block->WritePayloads(unpacked.payloads); !status.ok()) return status;
  std::size_t next = 0;
  for (const BlockBatch& batch : block->batches()) {
    const std::string& samples =
        batch.decoded ? unpacked.payloads[next++] : unpacked.payloads.emplace_back(batch.payload);
    const std::string_view events = batch.events.empty() ? batch.events : unpacked.payloads.emplace_back(batch.events);
    unpacked.batches.push_back(
        {batch.segment_first, batch.sequence, batch.time_ms, batch.sample_count, samples, events, 0, batch.checksum,
         batch.decoded});
  }
  return unpacked;
}

absl::StatusOr<UnpackedBlock> UnpackPayloads(std::string_view content) {
  auto bytes = Decompressed(content);
  if (!bytes.ok()) return bytes.status();
  UnpackedBlock block;
  block.bytes = std::make_unique<const std::string>(*std::move(bytes));
  wire::ByteReader in(*block.bytes);
  const std::uint64_t count = in.Varint();
  if (count > block.bytes->size()) return Damaged("its count");
  block.batches.resize(count);
  std::uint64_t last = 0;
  for (StoredBatch& batch : block.batches) last = batch.sequence = last + in.Varint();
  last = 0;
  for (StoredBatch& batch : block.batches) {
    last = batch.segment_first = last + static_cast<std::uint64_t>(wire::UnZigZag(in.Varint()));
  }
  std::uint64_t time = 0;
  std::uint64_t step = 0;
  for (StoredBatch& batch : block.batches) {
    step += static_cast<std::uint64_t>(wire::UnZigZag(in.Varint()));
    time += step;
    batch.time_ms = static_cast<std::int64_t>(time);
  }
  for (StoredBatch& batch : block.batches) batch.sample_count = in.Varint();
  std::vector<std::uint64_t> sizes(2 * count);
  for (std::uint64_t& size : sizes) size = in.Varint();
  if (!in.ok()) return Damaged("cut short");
  std::string_view rest = std::string_view(*block.bytes).substr(in.position());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > rest.size()) return Damaged("cut short");
    const std::string_view part = Take(rest, sizes[i]);
    (i < count ? block.batches[i].samples : block.batches[i - count].events) = part;
  }
  for (std::size_t i = 0; i < count; ++i) {
    StoredBatch& batch = block.batches[i];
    const bool follows = i > 0 && block.batches[i - 1].rolled_up && block.batches[i - 1].sequence + 1 == batch.sequence &&
                         block.batches[i - 1].segment_first == batch.segment_first;
    batch.rolled_up = batch.sequence == batch.segment_first || follows;
  }
  return block;
}

}  // namespace

absl::StatusOr<UnpackedBlock> UnpackBlock(std::int64_t coding, std::string_view content) {
  if (coding == kBlockCodingColumns) return UnpackColumns(content);
  if (coding == kBlockCodingPayloads) return UnpackPayloads(content);
  return Damaged(absl::StrCat("coding ", coding, " is not known; it was written by a newer Steward"));
}

}  // namespace steward::collector
