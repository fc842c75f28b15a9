#include "collector/remote_write/live_series.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_set.h"
#include "proto/wire/descriptor.h"

namespace steward::collector {
namespace {

// A retired machine's series end right behind their last values.
constexpr absl::Duration kEndedAfter = absl::Milliseconds(1);

std::vector<std::uint32_t> SeriesOf(const CommittedGroup& group) {
  std::vector<std::uint32_t> series;
  series.reserve(group.values.size());
  for (const CommittedValue& value : group.values) series.push_back(value.series);
  return series;
}

}  // namespace

absl::Status LiveSeries::Observe(const CommittedSamples& batch, const MachineLabels& labels, StorageReader& reader,
                                 Mark mark) {
  for (const CommittedGroup& group : batch.groups) {
    for (const std::uint32_t ended : group.ended) {
      if (const v1::SeriesDescriptor* series = batch.descriptors->Series(ended)) mark(labels, *series, batch.time);
    }
  }
  const auto [entry, added] = machines_.try_emplace(batch.machine_id);
  Machine& machine = entry->second;
  if (added || (batch.time > machine.time && (batch.epoch != machine.epoch || labels != machine.labels))) {
    return Replace(machine, batch, labels, reader, mark);
  }
  if (batch.time > machine.time) Compare(machine, batch, mark);
  return absl::OkStatus();
}

void LiveSeries::Compare(Machine& machine, const CommittedSamples& batch, Mark mark) {
  machine.time = batch.time;
  for (const CommittedGroup& sampled : batch.groups) {
    std::vector<std::uint32_t> series = SeriesOf(sampled);
    const auto group = std::find_if(machine.groups.begin(), machine.groups.end(),
                                    [&](const Group& g) { return g.id == sampled.group; });
    if (group == machine.groups.end()) {
      machine.groups.push_back({sampled.group, std::move(series)});
      continue;
    }
    if (group->series == series) continue;
    std::vector<std::uint32_t> gone;
    std::set_difference(group->series.begin(), group->series.end(), series.begin(), series.end(),
                        std::back_inserter(gone));
    for (const std::uint32_t id : gone) {
      if (const v1::SeriesDescriptor* described = batch.descriptors->Series(id))
        mark(machine.labels, *described, batch.time);
    }
    group->series = std::move(series);
  }
}

absl::Status LiveSeries::Replace(Machine& machine, const CommittedSamples& batch, const MachineLabels& labels,
                                 StorageReader& reader, Mark mark) {
  absl::flat_hash_set<std::string> alive;
  Machine next{labels, batch.epoch, batch.time, {}};
  for (const CommittedGroup& group : batch.groups) {
    next.groups.push_back({group.group, SeriesOf(group)});
    if (machine.groups.empty()) continue;  // nothing to compare with
    for (const CommittedValue& value : group.values) {
      if (const v1::SeriesDescriptor* series = batch.descriptors->Series(value.series))
        alive.insert(SeriesLabels(labels, *series));
    }
  }
  const absl::Status status = MarkAll(batch.machine_id, machine, reader,
                                      [&](const MachineLabels& was, const v1::SeriesDescriptor& series, absl::Time) {
                                        if (!alive.contains(SeriesLabels(was, series))) mark(was, series, batch.time);
                                      });
  if (status.ok()) machine = std::move(next);
  return status;
}

absl::Status LiveSeries::MarkAll(const MachineId& id, const Machine& machine, StorageReader& reader, Mark mark) {
  if (machine.groups.empty()) return absl::OkStatus();
  const absl::StatusOr<v1::DescriptorSet> set = reader.Descriptors(id, machine.epoch);
  if (!set.ok()) return set.status();
  wire::DescriptorTable table;
  if (absl::Status status = table.Add(*set); !status.ok()) return status;
  for (const Group& group : machine.groups) {
    for (const std::uint32_t number : group.series) {
      if (const v1::SeriesDescriptor* series = table.Series(number)) mark(machine.labels, *series, machine.time);
    }
  }
  return absl::OkStatus();
}

absl::Status LiveSeries::EndRetired(StorageReader& reader, Mark mark) {
  const absl::StatusOr<std::vector<MachineRecord>> records = reader.ListMachines();
  if (!records.ok()) return records.status();
  absl::flat_hash_set<MachineId> active;
  for (const MachineRecord& record : *records) {
    if (record.state == MachineState::kActive) active.insert(record.id);
  }
  for (auto entry = machines_.begin(); entry != machines_.end();) {
    const auto current = entry++;
    if (active.contains(current->first)) continue;
    // A deleted machine's descriptors are gone with it: nothing is marked then.
    const absl::Status status = MarkAll(current->first, current->second, reader,
                                        [&](const MachineLabels& labels, const v1::SeriesDescriptor& series,
                                            absl::Time time) { mark(labels, series, time + kEndedAfter); });
    if (!status.ok()) return status;
    machines_.erase(current);
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
