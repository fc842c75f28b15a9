#include "collector/storage/block/column_block.h"

#include <memory>
#include <numeric>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "collector/storage/block/column_codec.h"
#include "collector/storage/block/compression.h"
#include "proto/wire/bytes.h"
#include "proto/wire/descriptor.h"

namespace steward::collector {
namespace {

absl::Status Damaged(const char* what) {
  return absl::DataLossError(std::string("a block of samples is damaged: ") + what);
}

// Lengths of what is in `at` and what is not, in turns, for 0 .. count - 1.
void AppendRuns(const std::vector<std::uint32_t>& at, std::uint32_t count, std::string& out) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; next < count;) {
    const std::uint32_t begin = next;
    while (i < at.size() && at[i] == next) ++i, ++next;
    wire::AppendVarint(next - begin, out);
    if (next == count) return;
    const std::uint32_t end = i < at.size() ? at[i] : count;
    wire::AppendVarint(end - next, out);
    next = end;
  }
}

// Calls `use` with each place that is there.
template <class Use>
void ForEachPresent(const std::vector<std::uint32_t>& runs, Use use) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const std::uint32_t end = next + runs[i]; next < end; ++next) {
      if (i % 2 == 0) use(next);
    }
  }
}

std::uint32_t CountPresent(const std::vector<std::uint32_t>& runs) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < runs.size(); i += 2) count += runs[i];
  return count;
}

// The kinds of a block's series, as its head says.
class BlockKinds final : public wire::SeriesKinds {
 public:
  void Add(std::uint32_t series, std::uint32_t group, bool is_double) { series_[series] = {group, is_double}; }
  bool IsKnown(std::uint32_t series) const override { return series_.contains(series); }
  bool IsDouble(std::uint32_t series) const override { return series_.at(series).second; }
  std::uint32_t GroupOf(std::uint32_t series) const override {
    const auto it = series_.find(series);
    return it == series_.end() ? 0 : it->second.first;
  }

 private:
  absl::flat_hash_map<std::uint32_t, std::pair<std::uint32_t, bool>> series_;
};

void AppendBatches(const std::vector<BlockBatch>& batches, std::string& out) {
  using wire::AppendVarint;
  using wire::ZigZag;
  AppendVarint(batches.size(), out);
  std::uint64_t last = 0;
  for (const BlockBatch& batch : batches) AppendVarint(batch.sequence - std::exchange(last, batch.sequence), out);
  last = 0;
  for (const BlockBatch& batch : batches) {
    AppendVarint(ZigZag(static_cast<std::int64_t>(batch.segment_first - std::exchange(last, batch.segment_first))),
                 out);
  }
  std::uint64_t time = 0;  // unsigned: differences wrap around
  std::uint64_t step = 0;
  for (const BlockBatch& batch : batches) {
    const std::uint64_t next_step = static_cast<std::uint64_t>(batch.time_ms) - time;
    AppendVarint(ZigZag(static_cast<std::int64_t>(next_step - step)), out);
    step = next_step;
    time += next_step;
  }
  for (const BlockBatch& batch : batches) AppendVarint(batch.sample_count, out);
  for (const BlockBatch& batch : batches) AppendVarint(batch.events.size(), out);
  for (const BlockBatch& batch : batches) AppendVarint(batch.decoded ? 0 : batch.payload.size() + 1, out);
  for (int byte = 0; byte < 4; ++byte) {
    for (const BlockBatch& batch : batches) out += static_cast<char>(batch.checksum >> (8 * byte));
  }
  for (const BlockBatch& batch : batches) out += batch.events;
  for (const BlockBatch& batch : batches) out += batch.payload;
}

}  // namespace

std::uint32_t BatchChecksum(std::string_view samples, std::string_view events) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, folded
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
    hash = (hash ^ bytes.size()) * 0x100000001b3;
  };
  add(samples);
  add(events);
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

void ColumnBlockBuilder::Add(const BlockBatch& batch, const wire::DecodedBatch* decoded) {
  batches_.push_back(batch);
  batches_.back().decoded = decoded != nullptr;
  if (decoded == nullptr) return;
  batches_.back().payload = {};
  const std::uint32_t moment = decoded_count_++;
  for (const wire::DecodedGroup& sampled : decoded->groups) {
    Group& group = groups_[sampled.group];
    const auto at = static_cast<std::uint32_t>(group.at.size());
    group.at.push_back(moment);
    values_ += sampled.values.size();
    auto column = group.columns.begin();
    for (const wire::SeriesValue& value : sampled.values) {
      while (column != group.columns.end() && column->first < value.series) ++column;
      if (column == group.columns.end() || column->first != value.series) {
        column = group.columns.emplace_hint(column, value.series, Column{kinds_->IsDouble(value.series), {}, {}});
      }
      column->second.at.push_back(at);
      column->second.values.push_back(value.value);
    }
  }
}

std::string ColumnBlockBuilder::Finish() {
  std::string head;
  std::string columns;
  AppendBatches(batches_, head);
  wire::AppendVarint(groups_.size(), head);
  std::uint32_t last_group = 0;
  for (const auto& [id, group] : groups_) {
    wire::AppendVarint(id - std::exchange(last_group, id), head);
    AppendRuns(group.at, decoded_count_, head);
    wire::AppendVarint(group.columns.size(), head);
    std::uint32_t last_series = 0;
    for (const auto& [series, column] : group.columns) {
      const std::uint64_t gap = series - std::exchange(last_series, series);
      wire::AppendVarint(gap << 1 | (column.is_double ? 1 : 0), head);
      AppendRuns(column.at, static_cast<std::uint32_t>(group.at.size()), head);
      const std::size_t begin = columns.size();
      EncodeColumn(column.values, columns);
      wire::AppendVarint(columns.size() - begin, head);
    }
  }
  const std::string packed = Compressed(head);
  std::string content;
  wire::AppendVarint(packed.size(), content);
  return content + packed + columns;
}

// Reads a head; the first thing that is wrong ends it.
class ColumnBlock::Parser {
 public:
  Parser(ColumnBlock& block, std::string_view columns)
      : block_(block), rest_(*block.head_), in_(rest_), columns_(columns) {}

  absl::Status Parse() {
    if (!ParseBatches()) return Damaged("its batches");
    const std::uint64_t groups = in_.Varint();
    if (groups > wire::kGroupsPerBatchMax) return Damaged("its groups");
    std::uint64_t id = 0;
    for (std::uint64_t i = 0; i < groups; ++i) {
      id += in_.Varint();
      if (!ParseGroup(id)) return Damaged("its groups");
    }
    if (!in_.ok() || !in_.at_end() || !columns_.empty()) return Damaged("its length");
    return absl::OkStatus();
  }

 private:
  // A piece of the head; empty and the end of it all if so much is not there.
  std::string_view Take(std::uint64_t size) {
    if (!in_.ok() || size > in_.remaining()) {
      short_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(in_.position(), size);
    rest_.remove_prefix(in_.position() + size);
    in_ = wire::ByteReader(rest_);
    return taken;
  }

  bool ParseBatches() {
    using wire::UnZigZag;
    const std::uint64_t count = in_.Varint();
    if (!in_.ok() || count == 0 || count > in_.remaining() || count > kBlockBatchesMax) return false;
    std::vector<BlockBatch>& batches = block_.batches_;
    batches.resize(count);
    std::uint64_t last = 0;
    for (BlockBatch& batch : batches) last = batch.sequence = last + in_.Varint();
    last = 0;
    for (BlockBatch& batch : batches) {
      last = batch.segment_first = last + static_cast<std::uint64_t>(UnZigZag(in_.Varint()));
    }
    std::uint64_t time = 0;
    std::uint64_t step = 0;
    for (BlockBatch& batch : batches) {
      step += static_cast<std::uint64_t>(UnZigZag(in_.Varint()));
      time += step;
      batch.time_ms = static_cast<std::int64_t>(time);
    }
    for (BlockBatch& batch : batches) batch.sample_count = in_.Varint();
    std::vector<std::uint64_t> sizes(2 * count);
    for (std::uint64_t& size : sizes) size = in_.Varint();
    if (!in_.ok() || in_.remaining() < 4 * count) return false;
    const std::string_view sums = Take(4 * count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t byte = 0; byte < 4; ++byte) {
        batches[i].checksum |= std::uint32_t{static_cast<std::uint8_t>(sums[byte * count + i])} << (8 * byte);
      }
    }
    for (std::size_t i = 0; i < count; ++i) batches[i].events = Take(sizes[i]);
    for (std::size_t i = 0; i < count; ++i) {
      batches[i].decoded = sizes[count + i] == 0;
      if (batches[i].decoded) {
        block_.decoded_.push_back(static_cast<std::uint32_t>(i));
      } else {
        batches[i].payload = Take(sizes[count + i] - 1);
      }
    }
    return in_.ok() && !short_;
  }

  bool ParseRuns(std::uint64_t count, Runs& runs) {
    for (std::uint64_t sum = 0; sum < count;) {
      const std::uint64_t length = in_.Varint();
      if (!in_.ok() || length > count - sum) return false;
      sum += length;
      runs.push_back(static_cast<std::uint32_t>(length));
    }
    return true;
  }

  bool ParseGroup(std::uint64_t id) {
    if (!in_.ok() || id == 0 || id > wire::kGroupIdMax) return false;
    if (!block_.groups_.empty() && block_.groups_.back().id >= id) return false;
    Group& group = block_.groups_.emplace_back();
    group.id = static_cast<std::uint32_t>(id);
    if (!ParseRuns(block_.decoded_.size(), group.runs)) return false;
    group.count = CountPresent(group.runs);
    const std::uint64_t series_count = in_.Varint();
    if (!in_.ok() || series_count > wire::kSeriesIdMax - block_.columns_.size()) return false;
    std::uint64_t series = 0;
    for (std::uint64_t i = 0; i < series_count; ++i) {
      const std::uint64_t token = in_.Varint();
      series += token >> 1;
      if (token >> 1 == 0 || token >> 1 > wire::kSeriesIdMax || series > wire::kSeriesIdMax) return false;
      Column& column = block_.columns_.emplace_back();
      column.series = static_cast<std::uint32_t>(series);
      column.group = static_cast<std::uint32_t>(block_.groups_.size() - 1);
      column.is_double = (token & 1) != 0;
      if (!ParseRuns(group.count, column.runs)) return false;
      const std::uint64_t size = in_.Varint();
      if (!in_.ok() || size > columns_.size()) return false;
      column.bytes = columns_.substr(0, size);
      columns_.remove_prefix(size);
    }
    return true;
  }

  ColumnBlock& block_;
  std::string_view rest_;
  wire::ByteReader in_;  // over rest_
  bool short_ = false;
  std::string_view columns_;
};

absl::StatusOr<ColumnBlock> ColumnBlock::Open(std::string_view content) {
  wire::ByteReader in(content);
  const std::uint64_t size = in.Varint();
  if (!in.ok() || size > in.remaining()) return Damaged("its head");
  auto head = Decompressed(content.substr(in.position(), size));
  if (!head.ok()) return head.status();
  ColumnBlock block;
  block.head_ = std::make_unique<const std::string>(*std::move(head));
  const absl::Status status = Parser(block, content.substr(in.position() + size)).Parse();
  if (!status.ok()) return status;
  return block;
}

std::vector<std::uint32_t> ColumnBlock::MomentsOf(const Group& group) const {
  std::vector<std::uint32_t> moments;
  moments.reserve(group.count);
  ForEachPresent(group.runs, [&](std::uint32_t moment) { moments.push_back(decoded_[moment]); });
  return moments;
}

std::vector<std::uint32_t> ColumnBlock::SeriesIds() const {
  std::vector<std::uint32_t> ids;
  for (const Column& column : columns_) ids.push_back(column.series);
  return ids;
}

absl::Status ColumnBlock::ReadSeries(std::uint32_t series, std::vector<Point>& points) const {
  points.clear();
  for (const Column& column : columns_) {
    if (column.series != series) continue;
    std::vector<std::int64_t> values;
    if (auto status = DecodeColumn(column.bytes, CountPresent(column.runs), values); !status.ok()) return status;
    const std::vector<std::uint32_t> moments = MomentsOf(groups_[column.group]);
    points.reserve(values.size());
    ForEachPresent(column.runs, [&](std::uint32_t at) { points.push_back({moments[at], values[points.size()]}); });
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status ColumnBlock::WritePayloads(std::deque<std::string>& payloads) const {
  std::uint64_t total = 0;
  for (const Column& column : columns_) total += CountPresent(column.runs);
  if (total > kBlockValuesMax) return Damaged("its size");
  BlockKinds kinds;
  std::vector<wire::SampleBatch> samples(batches_.size());
  for (std::size_t group = 0, next = 0; group < groups_.size(); ++group) {
    const std::vector<std::uint32_t> moments = MomentsOf(groups_[group]);
    for (const std::uint32_t moment : moments) samples[moment].groups.push_back({groups_[group].id, {}});
    for (; next < columns_.size() && columns_[next].group == group; ++next) {
      const Column& column = columns_[next];
      kinds.Add(column.series, groups_[group].id, column.is_double);
      std::vector<std::int64_t> values;
      if (auto status = DecodeColumn(column.bytes, CountPresent(column.runs), values); !status.ok()) return status;
      std::size_t i = 0;
      ForEachPresent(column.runs, [&](std::uint32_t at) {
        samples[moments[at]].groups.back().values.push_back({column.series, values[i++]});
      });
    }
  }
  std::unique_ptr<wire::SegmentEncoder> encoder;
  std::uint64_t segment = 0;
  for (const std::uint32_t at : decoded_) {
    if (encoder == nullptr || std::exchange(segment, batches_[at].segment_first) != batches_[at].segment_first) {
      encoder = std::make_unique<wire::SegmentEncoder>(kinds);
    }
    segment = batches_[at].segment_first;
    samples[at].boot_ms = batches_[at].time_ms;  // the machine's own clock is not kept; nobody asks for it any more
    if (!encoder->Encode(samples[at], payloads.emplace_back()).ok()) return Damaged("its samples");
    samples[at] = {};
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
