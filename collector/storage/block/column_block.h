// Batches of one epoch, decoded and turned around: a column a series, which can be read without the others. What cannot
// be decoded (it lies behind a hole of its segment, or is damaged) is kept as the payload it was. FORMAT.md has the
// layout (coding 2).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {

// What a block says of a batch besides its samples; the bytes are somebody else's.
struct BlockBatch {
  std::uint64_t segment_first = 0;
  std::uint64_t sequence = 0;
  std::int64_t time_ms = 0;
  std::uint64_t sample_count = 0;
  std::uint32_t checksum = 0;  // BatchChecksum of what was received
  std::string_view events;
  bool decoded = false;
  std::string_view payload;  // if it is not decoded
};

// Bounds of one block: what reading all of it may cost.
inline constexpr std::uint64_t kBlockBatchesMax = 65'536;
inline constexpr std::uint64_t kBlockValuesMax = 8 << 20;

// Of the payload and the events as received: another payload under a known identity is noticed by it.
std::uint32_t BatchChecksum(std::string_view samples, std::string_view events);

class ColumnBlockBuilder {
 public:
  explicit ColumnBlockBuilder(const wire::SeriesKinds& kinds) : kinds_(&kinds) {}

  // Batches ascend by sequence; what their views refer to stays until Finish. All batches of a segment before a decoded
  // one are decoded and in this block. `decoded` null: keep the payload.
  void Add(const BlockBatch& batch, const wire::DecodedBatch* decoded);
  std::uint64_t values() const { return values_; }  // decoded so far
  std::string Finish();

 private:
  struct Column {
    bool is_double = false;
    std::vector<std::uint32_t> at;  // which of the group's moments
    std::vector<std::int64_t> values;
  };
  struct Group {
    std::vector<std::uint32_t> at;  // which of the decoded batches
    std::map<std::uint32_t, Column> columns;
  };

  const wire::SeriesKinds* kinds_;
  std::vector<BlockBatch> batches_;
  std::uint32_t decoded_count_ = 0;
  std::uint64_t values_ = 0;
  std::map<std::uint32_t, Group> groups_;
};

class ColumnBlock {
 public:
  // DataLoss: damaged. `content` is read as long as the object is used. No content, however made, makes it read out of
  // bounds or take memory beyond what a block may hold.
  static absl::StatusOr<ColumnBlock> Open(std::string_view content);

  const std::vector<BlockBatch>& batches() const { return batches_; }

  struct Point {
    std::uint32_t batch = 0;  // index in batches()
    wire::RawValue value = 0;
  };
  std::vector<std::uint32_t> SeriesIds() const;
  // Sets `points` to those of one series, ascending; none if the block does not have it.
  absl::Status ReadSeries(std::uint32_t series, std::vector<Point>& points) const;

  // The decoded batches as payloads that decode to the same samples, in the order of batches().
  absl::Status WritePayloads(std::deque<std::string>& payloads) const;

 private:
  using Runs = std::vector<std::uint32_t>;  // lengths: there, not there, there, ...
  struct Column {
    std::uint32_t series = 0;
    std::uint32_t group = 0;  // index in groups_
    bool is_double = false;
    Runs runs;  // of the group's moments
    std::string_view bytes;
  };
  struct Group {
    std::uint32_t id = 0;
    Runs runs;                // of the decoded batches
    std::uint32_t count = 0;  // of its moments
  };
  class Parser;

  std::vector<std::uint32_t> MomentsOf(const Group& group) const;  // indices in batches()

  std::unique_ptr<const std::string> head_;  // what views of batches_ are in
  std::vector<BlockBatch> batches_;
  std::vector<std::uint32_t> decoded_;  // indices in batches_
  std::vector<Group> groups_;
  std::vector<Column> columns_;  // by group; ascending within one
};

}  // namespace steward::collector
