// From stored payloads and tiers to the series a query asked for. Both storages use it; it decodes no segment without need.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/block/column_block.h"
#include "collector/storage/label_matchers.h"
#include "collector/storage/records.h"
#include "collector/storage/sample_functions.h"
#include "collector/storage/tiers/rolled_codec.h"
#include "proto/wire/descriptor.h"
#include "proto/wire/series_follower.h"

namespace steward::collector {

// One stored batch; the bytes are the caller's and stay until the segment is added.
struct SegmentRow {
  std::uint64_t segment_first = 0;
  std::uint64_t sequence = 0;
  std::int64_t time_ms = 0;
  std::string_view samples;
  bool only_decode = false;  // gives no points: others of its segment need it
};

// Milliseconds; `from` inclusive, `to` exclusive.
struct TimeRange {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool Holds(std::int64_t time_ms) const { return from <= time_ms && time_ms < to; }
};

class SeriesAssembler {
 public:
  // InvalidArgument: as Storage's QuerySamples says. `query` outlives the object.
  static absl::StatusOr<SeriesAssembler> Create(const SampleQuery& query);

  // What has to be read: more than was asked for if the function looks back.
  const TimeRange& range() const { return range_; }

  // Starts an epoch: its rows come next. False: no series of it matches, there is no need for its rows.
  // `descriptors` holds an id once and is used until the next epoch.
  bool StartEpoch(const v1::DescriptorSet& descriptors);
  // All stored rows of some segments of that epoch, in any order. What is in range is decoded and added.
  absl::Status AddRows(std::vector<SegmentRow> rows);
  // What a block of that epoch holds in columns, within a part of range().
  absl::Status AddColumns(const ColumnBlock& block, const TimeRange& part);
  // What a tier keeps, of any epoch: the buckets that begin within `part`, which may reach beyond range().
  absl::Status AddRolled(RolledPack& pack, const TimeRange& part);
  // The same of one series.
  absl::Status AddRolled(const RolledSeries& series, std::int64_t bucket_ms, const TimeRange& part);
  // By labels, points ascending. Series without a point in range are left out. ResourceExhausted: more points than the
  // query allows.
  absl::StatusOr<std::vector<SampleSeries>> Finish();

 private:
  struct Wanted {
    const v1::SeriesDescriptor* descriptor = nullptr;
    std::size_t output = 0;  // index in series_
  };
  struct Output {
    SampleSeries series;
    std::vector<RolledPoint> rolled;  // scaled; `bucket` is when it begins
  };
  SeriesAssembler(const SampleQuery& query, LabelMatchers matchers)
      : query_(query), matchers_(std::move(matchers)), points_max_(query.points_max) {}

  absl::Status AddSegment(absl::Span<const SegmentRow> rows);
  absl::Status TakeFunction();
  absl::Status CountPoint();
  absl::Status TooManyPoints() const;
  absl::Status AddPoint(const Wanted& want, std::int64_t time_ms, wire::RawValue value);
  std::size_t OutputOf(std::map<std::string, std::string> labels);
  bool Wants(const RolledSeries& series) const { return series.metric == query_.metric && matchers_.Match(series.labels); }
  void TakeRolled(Output& output) const;

  const SampleQuery& query_;
  LabelMatchers matchers_;
  std::size_t points_max_;  // to be read
  TimeRange range_;
  std::optional<SampleSteps> steps_;  // if the query has a function
  std::vector<Wanted> wanted_;                                           // of the current epoch, as follow_
  std::vector<wire::SeriesFollower::Series> follow_;                     // by group, then by series
  std::map<std::map<std::string, std::string>, std::size_t> output_of_;  // labels -> index in series_
  std::vector<Output> series_;
  std::size_t points_ = 0;
};

}  // namespace steward::collector
