#include "tests/fleet/life_series.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"

namespace steward::fleet {
namespace {

constexpr double kOrigin = 1'750'000'000;  // Unix time at which the machines' counters began
constexpr double kLoadPeriod = 600;        // seconds
constexpr double kLoadSwing = 0.8;         // below 1: counters never go back
constexpr std::uint64_t kSlowEvery = 4;
constexpr double kGiB = 1024.0 * 1024 * 1024;

}  // namespace

std::uint64_t Random::Next() {
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

LifeSeries::LifeSeries(std::uint64_t seed, int count, absl::Duration interval)
    : random_(seed), count_(static_cast<std::size_t>(std::max(count, 1))) {
  series_.reserve(count_);
  AddServer(interval);
  AddFiller(interval);
}

std::uint32_t LifeSeries::AddGroup(const std::string& name, absl::Duration interval) {
  v1::ProbeGroup* group = descriptors_.add_groups();
  group->set_id(static_cast<std::uint32_t>(descriptors_.groups_size()));
  group->set_name(name);
  group->set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(interval)));
  return group->id();
}

LifeSeries::Series* LifeSeries::Add(std::uint32_t group, Shape shape, const std::string& metric, Labels labels,
                                    double level, std::int64_t denominator) {
  if (series_.size() >= count_) return nullptr;
  v1::SeriesDescriptor* descriptor = descriptors_.add_series();
  descriptor->set_id(static_cast<std::uint32_t>(series_.size() + 1));
  descriptor->set_group(group);
  descriptor->set_metric(metric);
  for (auto& [name, value] : labels) {
    v1::Label* label = descriptor->add_labels();
    label->set_name(name);
    label->set_value(std::move(value));
  }
  descriptor->set_type(shape == Shape::kCounter ? v1::METRIC_TYPE_COUNTER : v1::METRIC_TYPE_GAUGE);
  descriptor->set_kind(shape == Shape::kRealWalk ? v1::VALUE_KIND_DOUBLE : v1::VALUE_KIND_INTEGER);
  if (denominator != 1) descriptor->set_scale_denominator(denominator);
  Series& series = series_.emplace_back();
  series.shape = shape;
  series.level = level * (shape == Shape::kConstant ? 1 : 0.7 + 0.6 * random_.Unit());
  series.phase = random_.Unit() * 2 * std::numbers::pi;
  series.value = series.level;
  return &series;
}

void LifeSeries::AddServer(absl::Duration interval) {
  const std::uint32_t cpu = AddGroup("cpu", interval);
  const std::pair<const char*, double> modes[] = {{"idle", 90}, {"iowait", 0.4}, {"irq", 0},   {"nice", 0},
                                                  {"softirq", 0.2}, {"steal", 0.1}, {"system", 3}, {"user", 6}};
  for (const char* number : {"0", "1"}) {
    for (const auto& [mode, ticks] : modes) {
      Add(cpu, Shape::kCounter, "node_cpu_seconds_total", {{"cpu", number}, {"mode", mode}}, ticks, 100);
    }
  }
  const std::uint32_t load = AddGroup("loadavg", interval);
  Add(load, Shape::kWalk, "node_load1", {}, 80, 100);
  Add(load, Shape::kWalk, "node_load5", {}, 60, 100);
  Add(load, Shape::kWalk, "node_load15", {}, 50, 100);
  const std::uint32_t memory = AddGroup("meminfo", interval);
  Add(memory, Shape::kConstant, "node_memory_MemTotal_bytes", {}, 8 * kGiB);
  Add(memory, Shape::kWalk, "node_memory_MemAvailable_bytes", {}, 5 * kGiB);
  Add(memory, Shape::kWalk, "node_memory_MemFree_bytes", {}, 2 * kGiB);
  slow_group_ = AddGroup("filesystem", interval * static_cast<int>(kSlowEvery));
  AddFileSystem(slow_group_, "/dev/vda1", "/", 100 * kGiB);
  AddFileSystem(slow_group_, "/dev/vdb1", "/srv", 500 * kGiB);
  const std::uint32_t network = AddGroup("netdev", interval);
  AddInterface(network, "eth0", 1, false);
  AddInterface(network, "veth7", 0.1, true);
}

void LifeSeries::AddFileSystem(std::uint32_t group, const std::string& device, const std::string& mount, double bytes) {
  const Labels labels = {{"device", device}, {"fstype", "ext4"}, {"mountpoint", mount}};
  Add(group, Shape::kConstant, "node_filesystem_size_bytes", labels, bytes);
  Add(group, Shape::kConstant, "node_filesystem_files", labels, bytes / 16384);
  Add(group, Shape::kConstant, "node_filesystem_readonly", labels, 0);
  // Well away from every level: a simulated machine raises no issue of its own accord.
  Add(group, Shape::kWalk, "node_filesystem_free_bytes", labels, bytes * 0.7);
  Add(group, Shape::kWalk, "node_filesystem_avail_bytes", labels, bytes * 0.65);
}

void LifeSeries::AddInterface(std::uint32_t group, const std::string& device, double share, bool comes_and_goes) {
  const std::pair<const char*, double> counters[] = {{"node_network_receive_bytes_total", 180e3},
                                                     {"node_network_receive_packets_total", 250},
                                                     {"node_network_transmit_bytes_total", 90e3},
                                                     {"node_network_transmit_packets_total", 200}};
  for (const auto& [metric, rate] : counters) {
    Series* series = Add(group, Shape::kCounter, metric, {{"device", device}}, rate * share);
    if (series != nullptr) series->comes_and_goes = comes_and_goes;
  }
}

void LifeSeries::AddFiller(absl::Duration interval) {
  const std::uint32_t group = AddGroup("filler", interval);
  for (int item = 0; series_.size() < count_; ++item) {
    const Labels labels = {{"item", absl::StrCat(item)}};
    switch (item % 6) {
      case 0:
      case 1:
        Add(group, Shape::kCounter, "steward_fleet_events_total", labels, 3.0 * (1 + item % 50));
        break;
      case 2:
        Add(group, Shape::kWalk, "steward_fleet_level", labels, 1000);
        break;
      case 3:
        Add(group, Shape::kRealWalk, "steward_fleet_duration_seconds", labels, 0.01);
        break;
      default:
        Add(group, Shape::kConstant, "steward_fleet_setting", labels, item);
    }
  }
}

wire::RawValue LifeSeries::Value(Series& series, double wall_seconds) {
  switch (series.shape) {
    case Shape::kConstant:
      break;
    case Shape::kCounter: {
      const double turn = 2 * std::numbers::pi / kLoadPeriod;
      const double since = wall_seconds - kOrigin;
      series.value = series.level * (since + kLoadSwing / turn * std::sin(turn * since + series.phase));
      break;
    }
    case Shape::kWalk:
    case Shape::kRealWalk:
      // A tenth of the way back to the level, and up to 3 % of it to either side.
      if (random_.Unit() < 0.6) {
        series.value += 0.1 * (series.level - series.value) + 0.06 * (random_.Unit() - 0.5) * series.level;
      }
  }
  if (series.shape == Shape::kRealWalk) return wire::RawFromDouble(series.value);
  return std::llround(std::floor(series.value));
}

wire::SampleBatch LifeSeries::Sample(absl::Time wall, absl::Duration boot) {
  const bool slow_too = calls_ % kSlowEvery == 0;
  const bool away = calls_ / 8 % 4 == 3;
  ++calls_;
  const double seconds = static_cast<double>(absl::ToUnixMillis(wall)) / 1000;
  wire::SampleBatch batch;
  batch.boot_ms = absl::ToInt64Milliseconds(boot);
  for (const v1::ProbeGroup& group : descriptors_.groups()) {
    if (group.id() != slow_group_ || slow_too) batch.groups.push_back({.group = group.id(), .values = {}});
  }
  std::size_t at = 0;  // series are added group by group, so both ascend together
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const v1::SeriesDescriptor& descriptor = descriptors_.series(static_cast<int>(i));
    while (at < batch.groups.size() && batch.groups[at].group < descriptor.group()) ++at;
    if (at == batch.groups.size()) break;
    if (batch.groups[at].group != descriptor.group() || (series_[i].comes_and_goes && away)) continue;
    batch.groups[at].values.push_back({.series = descriptor.id(), .value = Value(series_[i], seconds)});
  }
  return batch;
}

}  // namespace steward::fleet
