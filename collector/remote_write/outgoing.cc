#include "collector/remote_write/outgoing.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "collector/remote_write/write_request.h"

namespace steward::collector {

std::uint32_t Outgoing::Machine(const MachineId& id) {
  const auto [entry, added] = machine_numbers_.emplace(id, static_cast<std::uint32_t>(machines_.size()));
  if (added) machines_.push_back(id);
  return entry->second;
}

std::uint32_t Outgoing::Series(std::string labels) {
  const auto [entry, added] = series_numbers_.emplace(std::move(labels), static_cast<std::uint32_t>(labels_.size()));
  if (added) labels_.emplace_back(entry->first);
  return entry->second;
}

void Outgoing::Add(std::uint32_t machine, std::uint32_t series, std::int64_t time_ms, double value) {
  samples_.push_back({series, machine, time_ms, value});
}

void Outgoing::AddMetadata(const v1::SeriesDescriptor& series) {
  AppendMetadataField(series.metric(), series.type(), series.help(), metadata_);
}

void Outgoing::Sort() {
  const auto place = [](const OutgoingSample& sample) {
    return std::tie(sample.machine, sample.time_ms, sample.series);
  };
  std::stable_sort(samples_.begin(), samples_.end(),
                   [&](const OutgoingSample& a, const OutgoingSample& b) { return place(a) < place(b); });
  std::size_t kept = 0;
  for (const OutgoingSample& sample : samples_) {
    if (kept > 0 && place(samples_[kept - 1]) == place(sample)) {
      if (!IsStalenessMarker(sample.value)) samples_[kept - 1] = sample;
    } else {
      samples_[kept++] = sample;
    }
  }
  samples_.resize(kept);
}

std::string Outgoing::Request(Part part, bool with_metadata) {
  std::vector<std::uint32_t> order(part.size());
  std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(part.begin));
  // A series belongs to one machine, whose samples ascend by time already.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return samples_[a].series < samples_[b].series; });
  std::string request;
  std::vector<WritePoint> points;
  for (std::size_t i = 0; i < order.size();) {
    const std::uint32_t series = samples_[order[i]].series;
    points.clear();
    for (; i < order.size() && samples_[order[i]].series == series; ++i) {
      points.push_back({samples_[order[i]].time_ms, samples_[order[i]].value});
    }
    AppendSeriesField(labels_[series], points, request);
  }
  if (with_metadata) {
    request += metadata_;
    metadata_.clear();
  }
  return request;
}

}  // namespace steward::collector
