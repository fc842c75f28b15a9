// The order in which committed batches become readable. A batch is a delta against the one before it in its segment, so
// it becomes readable with the last to be committed of its segment's batches up to itself. That position follows from
// what is stored alone, so that a cursor over it neither skips nor repeats, however batches come and wherever they lie.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "collector/storage/records.h"
#include "proto/wire/descriptor.h"

namespace steward::collector {

struct PositionedRow {
  std::uint64_t sequence = 0;
  std::int64_t time_ms = 0;
  std::int64_t position = 0;  // in the order of commits
  std::string_view samples;
};

struct ReadableBatch {
  std::int64_t position = 0;  // at which it became readable
  CommittedSamples samples;
};

// What of the segment became readable within (after, until], appended to `out` ascending by sequence, without machine
// id and descriptors. `rows` are the segment's that are stored, ascending by sequence. A batch that does not decode
// ends its segment: it never will.
void AppendReadable(const wire::DescriptorTable& table, std::uint64_t segment_first,
                    absl::Span<const PositionedRow> rows, std::int64_t after, std::int64_t until,
                    std::vector<ReadableBatch>& out);

}  // namespace steward::collector
