#include "collector/storage/tiers/rolled_points.h"

#include <algorithm>
#include <iterator>

namespace steward::collector {
namespace {

constexpr std::int64_t kTimeMaxMs = 1'000'000'000'000'000;

double Scaled(double value, std::int64_t numerator, std::int64_t denominator) {
  if (numerator > 1) value *= static_cast<double>(numerator);
  if (denominator > 1) value /= static_cast<double>(denominator);
  return value;
}

// Two scales under one name: both are told in the unit people see.
void TakeScaleAway(RolledSeries& series) {
  for (RolledPoint& point : series.points) point = Scaled(point, series.numerator, series.denominator);
  series.numerator = series.denominator = 1;
}

void AddSample(std::int64_t bucket, std::int64_t time_ms, double value, std::vector<RolledPoint>& points) {
  auto at = points.end();
  if (!points.empty() && points.back().bucket >= bucket) {
    at = std::lower_bound(points.begin(), points.end(), bucket,
                          [](const RolledPoint& point, std::int64_t b) { return point.bucket < b; });
  }
  if (at != points.end() && at->bucket == bucket) {
    Merge(RolledSample(bucket, time_ms, value), *at);
  } else {
    points.insert(at, RolledSample(bucket, time_ms, value));
  }
}

}  // namespace

void Merge(const RolledPoint& from, RolledPoint& into) {
  if (from.last_ms >= into.last_ms) into.last = from.last;
  into.first_ms = std::min(into.first_ms, from.first_ms);
  into.last_ms = std::max(into.last_ms, from.last_ms);
  into.count += from.count;
  into.min = std::min(into.min, from.min);
  into.max = std::max(into.max, from.max);
  into.sum += from.sum;
}

void Merge(const std::vector<RolledPoint>& from, std::vector<RolledPoint>& into) {
  if (from.empty()) return;
  if (into.empty() || into.back().bucket < from.front().bucket) {
    into.insert(into.end(), from.begin(), from.end());
    return;
  }
  std::vector<RolledPoint> merged;
  merged.reserve(into.size() + from.size());
  std::merge(into.begin(), into.end(), from.begin(), from.end(), std::back_inserter(merged),
             [](const RolledPoint& a, const RolledPoint& b) { return a.bucket < b.bucket; });
  into.clear();
  for (const RolledPoint& point : merged) {
    if (!into.empty() && into.back().bucket == point.bucket) {
      Merge(point, into.back());
    } else {
      into.push_back(point);
    }
  }
}

RolledPoint Scaled(const RolledPoint& point, std::int64_t numerator, std::int64_t denominator) {
  RolledPoint scaled = point;
  for (double RolledPoint::*value : {&RolledPoint::min, &RolledPoint::max, &RolledPoint::sum, &RolledPoint::last}) {
    scaled.*value = Scaled(scaled.*value, numerator, denominator);
  }
  return scaled;
}

void RolledSet::Add(RolledSeries series) {
  if (series.points.empty()) return;
  const auto [it, fresh] = series_.try_emplace({series.metric, series.labels});
  RolledSeries& kept = it->second;
  if (fresh) {
    kept = std::move(series);
    return;
  }
  if (kept.numerator != series.numerator || kept.denominator != series.denominator) {
    TakeScaleAway(kept);
    TakeScaleAway(series);
  }
  Merge(series.points, kept.points);
}

void RolledSet::DropBefore(std::int64_t bucket) {
  for (auto it = series_.begin(); it != series_.end();) {
    std::erase_if(it->second.points, [&](const RolledPoint& point) { return point.bucket < bucket; });
    it = it->second.points.empty() ? series_.erase(it) : std::next(it);
  }
}

void EpochRoller::Add(std::int64_t time_ms, const wire::DecodedBatch& batch) {
  for (const wire::DecodedGroup& group : batch.groups) {
    for (const wire::SeriesValue& value : group.values) Add(time_ms, value.series, value.value);
  }
}

void EpochRoller::Add(std::int64_t time_ms, std::uint32_t series, wire::RawValue value) {
  if (time_ms < -kTimeMaxMs || time_ms > kTimeMaxMs) return;
  Column& column = columns_[series];
  if (column.descriptor == nullptr) {
    column.descriptor = table_.Series(series);
    // A negative factor would turn the least into the most.
    column.as_it_is = column.descriptor->kind() == v1::VALUE_KIND_INTEGER && column.descriptor->scale_numerator() >= 0;
  }
  const double number = column.as_it_is ? static_cast<double>(value) : wire::ScaledValue(*column.descriptor, value);
  AddSample(FloorDivide(time_ms, bucket_ms_), time_ms, number, column.points);
}

void EpochRoller::MoveTo(RolledSet& set) {
  for (auto& [id, column] : columns_) {
    RolledSeries series;
    series.metric = column.descriptor->metric();
    for (const v1::Label& label : column.descriptor->labels()) series.labels.emplace(label.name(), label.value());
    if (column.as_it_is) {
      series.numerator = std::max<std::int64_t>(column.descriptor->scale_numerator(), 1);
      series.denominator = std::max<std::int64_t>(column.descriptor->scale_denominator(), 1);
    }
    series.points = std::move(column.points);
    set.Add(std::move(series));
  }
  columns_.clear();
}

}  // namespace steward::collector
