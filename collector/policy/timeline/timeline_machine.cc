#include "collector/policy/timeline/timeline_machine.h"

#include <algorithm>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/duration.h"
#include "base/text.h"

namespace steward::collector {
namespace {

absl::StatusOr<double> ParseBytes(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}};
  for (const auto& [unit, factor] : kUnits) {
    double number = 0;
    if (text.ends_with(unit) && absl::SimpleAtod(ToAbsl(text.substr(0, text.size() - 2)), &number)) return number * factor;
  }
  return absl::InvalidArgumentError(StrCat("\"", text, "\" is no size: write 100GB"));
}

void AddGroup(v1::DescriptorSet& set, std::uint32_t id, std::string_view name, absl::Duration interval) {
  v1::ProbeGroup& group = *set.add_groups();
  group.set_id(id);
  group.set_name(std::string(name));
  group.set_interval_ms(static_cast<std::uint32_t>(absl::ToInt64Milliseconds(interval)));
}

std::string KeyOf(std::string_view metric, const std::vector<std::pair<std::string, std::string>>& labels) {
  std::string key(metric);
  for (const auto& [name, value] : labels) StrAppend(&key, ",", name, "=", value);
  return key;
}

}  // namespace

absl::Status TimelineMachine::ReadSeries(const std::string& text, Sampled& metric) {
  metric.text = text;
  const std::size_t open = text.find('{');
  metric.metric = text.substr(0, open);
  if (open == std::string::npos) return absl::OkStatus();
  if (text.back() != '}') return absl::InvalidArgumentError("a } is missing; there are no spaces in a series");
  for (const absl::string_view pair : absl::StrSplit(ToAbsl(std::string_view(text).substr(open + 1, text.size() - open - 2)), ',')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.second.size() < 2) return absl::InvalidArgumentError("labels are written {name=\"value\"}");
    metric.labels.emplace_back(parts.first, parts.second.substr(1, parts.second.size() - 2));
  }
  std::sort(metric.labels.begin(), metric.labels.end());
  return absl::OkStatus();
}

absl::StatusOr<double> TimelineMachine::UsedOf(const Disk& disk, const std::string& word, const std::string& value) {
  double percent = 0;
  if (word == "used" && value.ends_with("%") && absl::SimpleAtod(value.substr(0, value.size() - 1), &percent)) {
    return disk.size * percent / 100;
  }
  if (word != "free") return absl::InvalidArgumentError("write \"used 88%\" or \"free 12GB\"");
  const auto free = ParseBytes(value);
  if (!free.ok()) return free.status();
  return disk.size - *free;
}

absl::Status TimelineMachine::DoDisk(const TimelineStep& step) {
  std::vector<std::string> words = step.words;
  if (words.size() < 3) return absl::InvalidArgumentError("write \"disk / 100GB used 50%\"");
  Disk& disk = disks_[words[1]];
  disk.mounted = true;
  std::size_t i = 2;
  if (words[i] == "gone") {
    disk.mounted = false;
    return absl::OkStatus();
  }
  if (const auto size = ParseBytes(words[i]); size.ok()) {
    disk.size = *size;
    ++i;
  } else if (words[i] != "used" && words[i] != "free" && i + 1 < words.size() && ParseBytes(words[i + 1]).ok()) {
    disk.type = words[i];
    disk.size = *ParseBytes(words[i + 1]);
    i += 2;
  }
  if (i + 1 >= words.size()) return absl::InvalidArgumentError("write \"disk / 100GB used 50%\"");
  const auto used = UsedOf(disk, words[i], words[i + 1]);
  if (!used.ok()) return used.status();
  disk.used = *used;
  if (i + 3 < words.size() && words[i + 2] == "->") {
    const auto to = UsedOf(disk, words[i], words[i + 3]);
    if (!to.ok()) return to.status();
    ramps_.push_back({words[1], start_ + step.at, start_ + step.until, *used, *to});
  }
  return absl::OkStatus();
}

absl::Status TimelineMachine::DoMetric(const TimelineStep& step) {
  const std::vector<std::string>& words = step.words;
  const absl::Status usage = absl::InvalidArgumentError("write metric name{label=\"value\"} 5, with -> 9 and every 1h after it, or gone");
  if (words.size() < 3) return usage;
  const auto found = std::find_if(metrics_.begin(), metrics_.end(), [&](const Sampled& one) { return one.text == words[1]; });
  const bool is_new = found == metrics_.end();
  Sampled& metric = is_new ? metrics_.emplace_back() : *found;
  if (is_new) {
    metric.interval = interval_;
    if (absl::Status status = ReadSeries(words[1], metric); !status.ok()) return status;
  }
  metric.present = words[2] != "gone";
  if (!metric.present) return absl::OkStatus();
  if (!absl::SimpleAtod(words[2], &metric.value)) return usage;
  metric.from = metric.to = metric.value;
  metric.begin = start_ + step.at;
  metric.until = start_ + step.until;
  for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
    if (words[i] == "->" && absl::SimpleAtod(words[i + 1], &metric.to)) continue;
    const auto interval = ParseDuration(words[i + 1]);
    if (words[i] != "every" || !interval.ok()) return usage;
    metric.interval = *interval;
  }
  return absl::OkStatus();
}

void TimelineMachine::Move(absl::Time now) {
  for (const Ramp& ramp : ramps_) {
    if (now < ramp.from || now >= ramp.to) continue;
    const double part = absl::FDivDuration(now - ramp.from, ramp.to - ramp.from);
    disks_[ramp.mountpoint].used = ramp.used_from + part * (ramp.used_to - ramp.used_from);
  }
  for (Sampled& metric : metrics_) {
    if (metric.until <= metric.begin || now < metric.begin) continue;
    const double part = std::min(1.0, absl::FDivDuration(now - metric.begin, metric.until - metric.begin));
    metric.value = metric.from + part * (metric.to - metric.from);
  }
}

void TimelineMachine::StartEpoch() {
  ++epoch_;
  ids_.clear();
  std::erase_if(disks_, [](const auto& disk) { return !disk.second.mounted; });
  for (Sampled& metric : metrics_) metric.sampled = absl::InfinitePast();
}

bool TimelineMachine::IsDeclared(std::string_view metric, const std::vector<std::pair<std::string, std::string>>& labels) const {
  return ids_.contains(KeyOf(metric, labels));
}

v1::SeriesDescriptor& TimelineMachine::AddSeries(v1::DescriptorSet& set, std::uint32_t group, std::string_view metric,
                                const std::vector<std::pair<std::string, std::string>>& labels) {
  v1::SeriesDescriptor& series = *set.add_series();
  series.set_id(ids_.try_emplace(KeyOf(metric, labels), ids_.size() + 1).first->second);
  series.set_group(group);
  series.set_metric(std::string(metric));
  series.set_type(v1::METRIC_TYPE_GAUGE);
  series.set_kind(v1::VALUE_KIND_DOUBLE);
  for (const auto& [name, text] : labels) {
    v1::Label& label = *series.add_labels();
    label.set_name(name);
    label.set_value(text);
  }
  return series;
}

void TimelineMachine::AddDisks(v1::DescriptorSet& set, Observation& observation) {
  AddGroup(set, 1, "filesystem", interval_);
  ObservedGroup values;
  values.group = 1;
  for (const auto& [mountpoint, disk] : disks_) {
    const std::string device = StrCat("/dev/", mountpoint == "/" ? "root" : mountpoint.substr(1));
    const std::pair<const char*, double> metrics[] = {{"node_filesystem_avail_bytes", disk.size - disk.used},
                                                      {"node_filesystem_free_bytes", disk.size - disk.used},
                                                      {"node_filesystem_readonly", 0},
                                                      {"node_filesystem_size_bytes", disk.size}};
    for (const auto& [metric, value] : metrics) {
      const auto id = AddSeries(set, 1, metric, {{"device", device}, {"fstype", disk.type}, {"mountpoint", mountpoint}}).id();
      if (disk.mounted) values.values.push_back({id, value});
    }
  }
  std::sort(values.values.begin(), values.values.end(), [](const auto& a, const auto& b) { return a.series < b.series; });
  observation.groups.push_back(std::move(values));
}

// A group for each metric, since each has an interval of its own.
void TimelineMachine::AddMetrics(absl::Time now, v1::DescriptorSet& set, Observation& observation) {
  std::uint32_t group = 1;
  for (Sampled& metric : metrics_) {
    AddGroup(set, ++group, metric.metric, metric.interval);
    const bool declares = metric.present || IsDeclared(metric.metric, metric.labels);
    const std::uint32_t id = declares ? AddSeries(set, group, metric.metric, metric.labels).id() : 0;
    if (now - metric.sampled < metric.interval) continue;
    metric.sampled = now;
    ObservedGroup& values = observation.groups.emplace_back();
    values.group = group;
    if (metric.present) values.values.push_back({id, metric.value});
  }
}

absl::Status TimelineMachine::Sample(absl::Time now, Observation& observation) {
  v1::DescriptorSet set;
  set.set_epoch(epoch_);
  observation.epoch = epoch_;
  AddDisks(set, observation);
  AddMetrics(now, set, observation);
  auto table = std::make_shared<wire::DescriptorTable>();
  if (absl::Status status = table->Add(set); !status.ok()) return status;
  observation.descriptors = std::move(table);
  return absl::OkStatus();
}

}  // namespace steward::collector
