#include "collector/storage/series_assembler.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace steward::collector {
namespace {

// The first whole millisecond at or after `time`.
std::int64_t CeilMillis(absl::Time time) {
  const std::int64_t floor = absl::ToUnixMillis(time);
  return absl::FromUnixMillis(floor) < time && floor < std::numeric_limits<std::int64_t>::max() ? floor + 1 : floor;
}

}  // namespace

absl::StatusOr<SeriesAssembler> SeriesAssembler::Create(const SampleQuery& query) {
  if (query.metric.empty()) {
    return absl::InvalidArgumentError("no metric given; name one, such as node_load1");
  }
  if (query.from >= query.to) {
    return absl::InvalidArgumentError(absl::StrCat("the range is empty: from ", absl::FormatTime(query.from),
                                                   " is not before to ", absl::FormatTime(query.to)));
  }
  auto matchers = LabelMatchers::Create(query.labels);
  if (!matchers.ok()) return matchers.status();
  SeriesAssembler assembler(query, *std::move(matchers));
  assembler.range_ = {CeilMillis(query.from), CeilMillis(query.to)};
  if (auto status = assembler.TakeFunction(); !status.ok()) return status;
  return assembler;
}

absl::Status SeriesAssembler::TakeFunction() {
  if (query_.function == SampleFunction::kNone) {
    if (query_.step == absl::ZeroDuration()) return absl::OkStatus();
    return absl::InvalidArgumentError("a step needs a function: last, min, max, mean, sum or rate");
  }
  const auto steps = StepsOf(range_.from, range_.to, query_.step);
  if (!steps.ok()) return steps.status();
  steps_ = *steps;
  points_max_ = kSamplesReadMax;
  if (query_.function == SampleFunction::kRate && range_.from > std::numeric_limits<std::int64_t>::min() + kRateGapMs) {
    range_.from -= kRateGapMs;  // the first step counts from the sample before it
  }
  return absl::OkStatus();
}

bool SeriesAssembler::StartEpoch(const v1::DescriptorSet& descriptors) {
  wanted_.clear();
  follow_.clear();
  for (const v1::SeriesDescriptor& descriptor : descriptors.series()) {
    if (descriptor.metric() != query_.metric || !matchers_.Match(descriptor)) continue;
    std::map<std::string, std::string> labels;
    for (const v1::Label& label : descriptor.labels()) labels.emplace(label.name(), label.value());
    wanted_.push_back({&descriptor, OutputOf(std::move(labels))});
  }
  const auto key = [](const Wanted& want) { return std::pair(want.descriptor->group(), want.descriptor->id()); };
  std::sort(wanted_.begin(), wanted_.end(), [&](const Wanted& a, const Wanted& b) { return key(a) < key(b); });
  for (const Wanted& want : wanted_) {
    const v1::SeriesDescriptor& descriptor = *want.descriptor;
    follow_.push_back({descriptor.group(), descriptor.id(), descriptor.kind() == v1::VALUE_KIND_DOUBLE});
  }
  return !wanted_.empty();
}

std::size_t SeriesAssembler::OutputOf(std::map<std::string, std::string> labels) {
  const auto [it, fresh] = output_of_.emplace(std::move(labels), series_.size());
  if (fresh) series_.push_back({{query_.metric, it->first, {}}, {}});
  return it->second;
}

absl::Status SeriesAssembler::AddRows(std::vector<SegmentRow> rows) {
  const auto key = [](const SegmentRow& row) { return std::tie(row.segment_first, row.sequence); };
  std::sort(rows.begin(), rows.end(), [&](const SegmentRow& a, const SegmentRow& b) { return key(a) < key(b); });
  for (auto begin = rows.begin(); begin != rows.end();) {
    auto end = std::find_if(begin, rows.end(),
                            [&](const SegmentRow& row) { return row.segment_first != begin->segment_first; });
    if (auto status = AddSegment({&*begin, static_cast<std::size_t>(end - begin)}); !status.ok()) return status;
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status SeriesAssembler::AddSegment(absl::Span<const SegmentRow> rows) {
  std::size_t needed = 0;  // rows to decode: up to the last one in range, and no further than the first hole
  for (std::size_t i = 0; i < rows.size() && rows[i].sequence == rows[i].segment_first + i; ++i) {
    if (range_.Holds(rows[i].time_ms)) needed = i + 1;
  }
  wire::SeriesFollower follower(follow_);
  std::vector<wire::SeriesFollower::Value> values;
  for (const SegmentRow& row : rows.first(needed)) {
    absl::Status status = follower.Follow(row.samples, values);
    if (!status.ok()) {
      return absl::DataLossError(absl::StrCat("stored samples of machine ", query_.machine_id, ", sequence ",
                                              row.sequence, ", do not decode: ", status.message()));
    }
    if (row.only_decode || !range_.Holds(row.time_ms)) continue;
    for (const wire::SeriesFollower::Value& value : values) {
      status = AddPoint(wanted_[value.index], row.time_ms, value.value);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesAssembler::CountPoint() { return ++points_ <= points_max_ ? absl::OkStatus() : TooManyPoints(); }

absl::Status SeriesAssembler::TooManyPoints() const {
  return absl::ResourceExhaustedError(absl::StrCat("more than ", points_max_, " points of ", query_.metric,
                                                   " in this range; ask for a shorter range or name more labels"));
}

absl::Status SeriesAssembler::AddPoint(const Wanted& want, std::int64_t time_ms, wire::RawValue value) {
  series_[want.output].series.points.push_back({time_ms, wire::ScaledValue(*want.descriptor, value)});
  return CountPoint();
}

absl::Status SeriesAssembler::AddColumns(const ColumnBlock& block, const TimeRange& part) {
  std::vector<ColumnBlock::Point> points;
  for (const Wanted& want : wanted_) {
    if (absl::Status status = block.ReadSeries(want.descriptor->id(), points); !status.ok()) return status;
    for (const ColumnBlock::Point& point : points) {
      const std::int64_t time_ms = block.batches()[point.batch].time_ms;
      if (!range_.Holds(time_ms) || !part.Holds(time_ms)) continue;
      if (absl::Status status = AddPoint(want, time_ms, point.value); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesAssembler::AddRolled(RolledPack& pack, const TimeRange& part) {
  for (std::size_t i = 0; i < pack.series().size(); ++i) {
    if (!Wants(pack.series()[i])) continue;
    RolledSeries series = pack.series()[i];
    if (absl::Status status = pack.Read(i, series.points); !status.ok()) return status;
    if (absl::Status status = AddRolled(series, pack.bucket_ms(), part); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SeriesAssembler::AddRolled(const RolledSeries& series, std::int64_t bucket_ms, const TimeRange& part) {
  if (!Wants(series)) return absl::OkStatus();
  Output& output = series_[OutputOf(series.labels)];
  // A rate begins with what came before, which may lie two buckets back.
  const std::int64_t before_ms = query_.function == SampleFunction::kRate ? 2 * bucket_ms : 0;
  for (const RolledPoint& point : series.points) {
    const std::int64_t begin = point.bucket * bucket_ms;
    if (!part.Holds(begin) || point.last_ms >= range_.to || point.last_ms + before_ms < range_.from) continue;
    if (absl::Status status = CountPoint(); !status.ok()) return status;
    output.rolled.push_back(Scaled(point, series.numerator, series.denominator));
    output.rolled.back().bucket = begin;
  }
  return absl::OkStatus();
}

// Puts the rolled points of a series in order, and makes one of what lies in the same bucket, samples too.
void SeriesAssembler::TakeRolled(Output& output) const {
  std::vector<RolledPoint>& rolled = output.rolled;
  std::vector<SamplePoint>& points = output.series.points;
  const auto by_bucket = [](const RolledPoint& a, const RolledPoint& b) { return a.bucket < b.bucket; };
  std::stable_sort(rolled.begin(), rolled.end(), by_bucket);
  std::vector<RolledPoint> merged;
  for (const RolledPoint& point : rolled) {
    if (!merged.empty() && merged.back().bucket == point.bucket) {
      Merge(point, merged.back());
    } else {
      merged.push_back(point);
    }
  }
  rolled = std::move(merged);
  const auto absorbed = [&](const SamplePoint& point) {
    const auto it = std::partition_point(rolled.begin(), rolled.end(),
                                         [&](const RolledPoint& r) { return r.last_ms < point.time_ms; });
    if (it == rolled.end() || it->first_ms > point.time_ms) return false;
    Merge(RolledSample(it->bucket, point.time_ms, point.value), *it);
    return true;
  };
  if (steps_.has_value()) {
    points.erase(std::remove_if(points.begin(), points.end(), absorbed), points.end());
  } else {
    for (const RolledPoint& point : rolled) points.push_back({point.last_ms, point.last});
    rolled.clear();
  }
}

absl::StatusOr<std::vector<SampleSeries>> SeriesAssembler::Finish() {
  const auto by_time = [](const SamplePoint& a, const SamplePoint& b) { return a.time_ms < b.time_ms; };
  std::vector<SampleSeries> result;
  points_max_ = query_.points_max;
  points_ = 0;
  for (const auto& [labels, index] : output_of_) {
    SampleSeries& series = series_[index].series;
    std::vector<RolledPoint>& rolled = series_[index].rolled;
    if (!rolled.empty()) TakeRolled(series_[index]);
    if (series.points.empty() && rolled.empty()) continue;
    if (!std::is_sorted(series.points.begin(), series.points.end(), by_time)) {
      std::stable_sort(series.points.begin(), series.points.end(), by_time);
    }
    if (steps_.has_value()) series.points = ApplyFunction(query_.function, series.points, rolled, *steps_);
    points_ += series.points.size();
    if (points_ > points_max_) return TooManyPoints();
    if (!series.points.empty()) result.push_back(std::move(series));
  }
  return result;
}

}  // namespace steward::collector
