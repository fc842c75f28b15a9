#include "collector/storage/commit_order.h"

#include <algorithm>
#include <optional>

#include "collector/storage/stored_time.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

CommittedSamples Committed(const wire::DescriptorTable& table, const wire::DecodedBatch& batch,
                           const PositionedRow& row) {
  CommittedSamples samples;
  samples.sequence = row.sequence;
  samples.time = FromStoredMs(row.time_ms);
  samples.groups.reserve(batch.groups.size());
  for (const wire::DecodedGroup& group : batch.groups) {
    CommittedGroup& added = samples.groups.emplace_back();
    added.group = group.group;
    added.values.reserve(group.values.size());
    for (const wire::SeriesValue& value : group.values) {
      added.values.push_back({value.series, wire::ScaledValue(*table.Series(value.series), value.value)});
    }
    added.ended.assign(group.ended.begin(), group.ended.end());
  }
  return samples;
}

}  // namespace

void AppendReadable(const wire::DescriptorTable& table, std::uint64_t segment_first,
                    absl::Span<const PositionedRow> rows, std::int64_t after, std::int64_t until,
                    std::vector<ReadableBatch>& out) {
  std::optional<wire::SegmentDecoder> decoder;
  wire::DecodedBatch batch;
  std::int64_t position = 0;
  std::uint64_t next = 0;
  for (const PositionedRow& row : rows) {
    if (row.sequence == segment_first) {
      decoder.emplace(table);
      position = row.position;
    } else if (!decoder.has_value() || row.sequence != next) {
      decoder.reset();
      continue;
    }
    next = row.sequence + 1;
    position = std::max(position, row.position);
    if (position > until) return;  // positions only rise within a segment
    if (!decoder->Decode(row.samples, batch).ok()) {
      decoder.reset();
    } else if (position > after) {
      out.push_back({position, Committed(table, batch, row)});
    }
  }
}

}  // namespace steward::collector
