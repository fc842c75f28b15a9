#include "collector/latest/machine_values.h"

#include <algorithm>
#include <cstring>

#include "collector/latest/text_format.h"

namespace steward::collector {
namespace {

bool IsMachineLabel(std::string_view name) {
  return name == "instance" || name == "machine" || name == "site" || name == "class";
}

// `,name="value"...} `
std::string TailOf(const v1::SeriesDescriptor& series) {
  std::string tail;
  for (const v1::Label& label : series.labels()) {
    // The machine's own labels are the collector's to give.
    if (IsMachineLabel(label.name())) continue;
    tail += ',';
    AppendLabel(label.name(), label.value(), tail);
  }
  tail += "} ";
  return tail;
}

}  // namespace

void MachineValues::SetMachine(const MachineRecord& machine) {
  MutexLock lock(&mutex_);
  labels_.clear();
  AppendLabel("instance", machine.instance, labels_);
  labels_ += ',';
  AppendLabel("machine", machine.id, labels_);
  labels_ += ',';
  AppendLabel("site", machine.site, labels_);
  labels_ += ',';
  AppendLabel("class", machine.machine_class, labels_);
  interval_ = machine.interval;
}

MachineValues::Group& MachineValues::GroupById(std::uint32_t id) {
  auto at = std::lower_bound(groups_.begin(), groups_.end(), id,
                             [](const Group& group, std::uint32_t wanted) { return group.id < wanted; });
  if (at == groups_.end() || at->id != id) {
    at = groups_.emplace(at);
    at->id = id;
  }
  return *at;
}

void MachineValues::Update(const Observation& observation, absl::Duration boot_now, absl::Duration age) {
  MutexLock lock(&mutex_);
  if (observation.epoch != epoch_) {
    // Series numbers and descriptors belong to an epoch.
    epoch_ = observation.epoch;
    groups_.clear();
    ranges_.clear();
  }
  bool changed = false;
  for (const ObservedGroup& observed : observation.groups) {
    const v1::ProbeGroup* described = observation.descriptors->Group(observed.group);
    const absl::Duration interval =
        std::max(interval_, absl::Milliseconds(described == nullptr ? 0 : described->interval_ms()));
    const absl::Duration fresh_for = kIntervalsUntilStale * interval - std::max(age, absl::ZeroDuration());
    if (fresh_for <= absl::ZeroDuration()) continue;

    Group& group = GroupById(observed.group);
    group.fresh_until = boot_now + fresh_for;
    const bool same = std::equal(observed.values.begin(), observed.values.end(), group.series.begin(),
                                 group.series.end(), [](const ObservedValue& value, std::uint32_t id) { return value.series == id; });
    if (!same) {
      LayOut(group, observed, *observation.descriptors);
      changed = true;
    }
    for (std::size_t i = 0; i < observed.values.size(); ++i) group.values[i] = observed.values[i].value;
  }
  if (changed) IndexRanges();
}

void MachineValues::LayOut(Group& group, const ObservedGroup& observed, const wire::DescriptorTable& descriptors) {
  struct Line {
    std::uint32_t family;
    std::uint32_t position;
    std::string tail;
  };
  std::vector<Line> lines;
  lines.reserve(observed.values.size());
  group.series.clear();
  group.series.reserve(observed.values.size());
  for (const ObservedValue& value : observed.values) {
    const auto position = static_cast<std::uint32_t>(group.series.size());
    group.series.push_back(value.series);
    const v1::SeriesDescriptor* series = descriptors.Series(value.series);
    if (series == nullptr) continue;
    if (const auto family = families_.Intern(*series)) lines.push_back({*family, position, TailOf(*series)});
  }
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.family != b.family ? a.family < b.family : a.tail < b.tail;
  });
  lines.erase(std::unique(lines.begin(), lines.end(),
                          [](const Line& a, const Line& b) { return a.family == b.family && a.tail == b.tail; }),
              lines.end());

  group.values.assign(group.series.size(), 0);
  group.values.shrink_to_fit();
  group.tails.clear();
  group.rows.clear();
  group.rows.reserve(lines.size());
  for (const Line& line : lines) {
    group.rows.push_back({line.family, line.position, static_cast<std::uint32_t>(group.tails.size()),
                          static_cast<std::uint32_t>(line.tail.size())});
    group.tails += line.tail;
  }
  group.tails.shrink_to_fit();
}

void MachineValues::IndexRanges() {
  ranges_.clear();
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    const std::vector<Row>& rows = groups_[g].rows;
    for (std::uint32_t begin = 0, end = 0; begin < rows.size(); begin = end) {
      while (end < rows.size() && rows[end].family == rows[begin].family) ++end;
      ranges_.push_back({rows[begin].family, g, begin, end});
    }
  }
  std::stable_sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.family < b.family; });
  ranges_.shrink_to_fit();
}

std::uint32_t MachineValues::FirstRange(std::uint32_t family, std::uint32_t hint) const {
  // The hint is where the walk stood before: right unless the machine's series changed meanwhile.
  if (hint <= ranges_.size() && (hint == 0 || ranges_[hint - 1].family < family) &&
      (hint == ranges_.size() || ranges_[hint].family >= family)) {
    return hint;
  }
  const auto at = std::lower_bound(ranges_.begin(), ranges_.end(), family,
                                   [](const Range& range, std::uint32_t wanted) { return range.family < wanted; });
  return static_cast<std::uint32_t>(at - ranges_.begin());
}

void MachineValues::AppendFamily(FamilyLines& lines, absl::Duration boot_now, std::uint32_t& hint,
                                 std::string& out) const {
  MutexLock lock(&mutex_);
  std::uint32_t at = FirstRange(lines.family, hint);
  for (; at < ranges_.size() && ranges_[at].family == lines.family; ++at) {
    const Range& range = ranges_[at];
    const Group& group = groups_[range.group];
    if (boot_now >= group.fresh_until) continue;
    out += lines.header;
    lines.header.clear();
    std::string& prefix = lines.scratch;
    prefix.assign(lines.name).append(1, '{').append(labels_);

    const Row& last = group.rows[range.end - 1];
    const std::size_t tails = last.tail_offset + last.tail_length - group.rows[range.begin].tail_offset;
    const std::size_t before = out.size();
    out.resize(before + tails + (range.end - range.begin) * (prefix.size() + kNumberBytesMax + 1));
    char* to = out.data() + before;
    for (std::uint32_t i = range.begin; i < range.end; ++i) {
      const Row& row = group.rows[i];
      std::memcpy(to, prefix.data(), prefix.size());
      to += prefix.size();
      std::memcpy(to, group.tails.data() + row.tail_offset, row.tail_length);
      to = WriteNumber(group.values[row.position], to + row.tail_length);
      *to++ = '\n';
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
  }
  hint = at;
}

std::size_t MachineValues::series_count(absl::Duration boot_now) const {
  MutexLock lock(&mutex_);
  std::size_t count = 0;
  for (const Group& group : groups_) {
    if (boot_now < group.fresh_until) count += group.rows.size();
  }
  return count;
}

}  // namespace steward::collector
