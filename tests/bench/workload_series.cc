#include "tests/bench/workload_series.h"

#include <algorithm>
#include <cmath>

namespace steward::bench {
namespace {

struct Scale {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

// How the kernel gives each kind: ticks, milliseconds, pages, hundredths.
Scale ScaleOf(wl::Kind kind) {
  switch (kind) {
    case wl::CPU: return {1, 100};
    case wl::CTR_MS: return {1, 1000};
    case wl::MEM: return {4096, 1};
    case wl::PCT:
    case wl::LOAD: return {1, 100};
    default: return {};
  }
}

// Bytes and counts are integers; what is not, travels as the bits of a double.
bool IsDouble(const wl::Tmpl& series) { return series.kind == wl::FLT || series.p > 9e18; }

const std::vector<wl::Tmpl>& Template() {
  static const std::vector<wl::Tmpl> series = wl::host_template();
  return series;
}

}  // namespace

v1::DescriptorSet WorkloadDescriptors(std::uint64_t epoch) {
  v1::DescriptorSet set;
  set.set_epoch(epoch);
  v1::ProbeGroup& group = *set.add_groups();
  group.set_id(1);
  group.set_name("workload");
  group.set_interval_ms(kWorkloadIntervalMs);
  for (const wl::Tmpl& source : Template()) {
    v1::SeriesDescriptor& series = *set.add_series();
    series.set_id(static_cast<std::uint32_t>(set.series_size()));
    series.set_group(1);
    series.set_metric(source.name);
    auto labels = source.labels;
    std::sort(labels.begin(), labels.end());
    for (const auto& [name, value] : labels) {
      v1::Label& label = *series.add_labels();
      label.set_name(name);
      label.set_value(value);
    }
    series.set_type(source.name.ends_with("_total") ? v1::METRIC_TYPE_COUNTER : v1::METRIC_TYPE_GAUGE);
    series.set_kind(IsDouble(source) ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
    if (const Scale scale = ScaleOf(source.kind); !IsDouble(source)) {
      series.set_scale_numerator(scale.numerator);
      series.set_scale_denominator(scale.denominator);
    }
  }
  return set;
}

wire::SampleBatch WorkloadBatch(std::int64_t cycle, const double* values) {
  wire::SampleBatch batch{cycle * kWorkloadIntervalMs, {{1, {}}}};
  std::uint32_t id = 0;
  for (const wl::Tmpl& source : Template()) {
    const double value = values[id++];
    const Scale scale = ScaleOf(source.kind);
    const wire::RawValue raw =
        IsDouble(source) ? wire::RawFromDouble(value)
                         : std::llround(value * static_cast<double>(scale.denominator) / static_cast<double>(scale.numerator));
    batch.groups[0].values.push_back({id, raw});
  }
  return batch;
}

}  // namespace steward::bench
