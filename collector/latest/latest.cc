#include "collector/latest/latest.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace steward::collector {
namespace {

bool SameOutside(const MachineRecord& a, const MachineRecord& b) {
  return std::tie(a.host_name, a.instance, a.site, a.machine_class, a.interval, a.operating_system, a.agent_version,
                  a.address, a.enrolled_time, a.certificate_expire_time, a.inventory_digest) ==
         std::tie(b.host_name, b.instance, b.site, b.machine_class, b.interval, b.operating_system, b.agent_version,
                  b.address, b.enrolled_time, b.certificate_expire_time, b.inventory_digest);
}

}  // namespace

bool IsUp(absl::Time last_seen, absl::Duration interval, absl::Time now) {
  return last_seen != absl::InfinitePast() && now - last_seen < std::max(kIntervalsUntilStale * interval, kUpAtLeast);
}

Latest::Machine* Latest::Put(const MachineRecord& record) {
  if (record.state == MachineState::kRetired) {
    machines_.erase(record.id);
    retired_.insert(record.id);
  }
  if (retired_.contains(record.id)) return nullptr;
  Machine& machine = machines_[record.id];
  if (machine.record == nullptr || !SameOutside(*machine.record, record)) {
    machine.record = std::make_shared<const MachineRecord>(record);
    if (machine.values == nullptr) machine.values = std::make_shared<MachineValues>(families_);
    machine.values->SetMachine(record);
  }
  machine.last_seen_time = std::max(machine.last_seen_time, record.last_seen_time);
  return &machine;
}

void Latest::Load(absl::Span<const MachineRecord> machines) {
  MutexLock lock(&mutex_);
  for (const MachineRecord& machine : machines) Put(machine);
}

void Latest::OnObservation(const Observation& observation) {
  if (!observation.newest) return;
  std::shared_ptr<MachineValues> values;
  {
    MutexLock lock(&mutex_);
    // The record that came with the batch may be older than one that OnMachineChanged brought.
    const auto known = machines_.find(observation.machine->id);
    Machine* machine = known != machines_.end() ? &known->second : Put(*observation.machine);
    if (machine == nullptr) return;
    machine->last_seen_time = std::max(machine->last_seen_time, observation.time);
    values = machine->values;
  }
  values->Update(observation, clock_.BootNow(), clock_.WallNow() - observation.time);
}

void Latest::OnConnected(const MachineRecord& machine, const std::string& address, absl::Time) {
  MutexLock lock(&mutex_);
  MachineRecord record = machine;
  record.address = address;
  if (Machine* known = Put(record)) ++known->streams;
}

void Latest::OnDisconnected(const MachineRecord& machine, absl::Time) {
  MutexLock lock(&mutex_);
  const auto known = machines_.find(machine.id);
  if (known != machines_.end() && known->second.streams > 0) --known->second.streams;
}

void Latest::OnMachineChanged(const MachineRecord& machine) {
  MutexLock lock(&mutex_);
  Put(machine);
}

MachineStatus Latest::StatusOf(const Machine& machine, absl::Time now) {
  return {.record = machine.record,
          .last_seen_time = machine.last_seen_time,
          .up = IsUp(machine.last_seen_time, machine.record->interval, now),
          .connected = machine.streams > 0,
          .values = machine.values};
}

std::vector<MachineStatus> Latest::Machines() const {
  const absl::Time now = clock_.WallNow();
  std::vector<MachineStatus> result;
  {
    MutexLock lock(&mutex_);
    result.reserve(machines_.size());
    for (const auto& [id, machine] : machines_) result.push_back(StatusOf(machine, now));
  }
  std::sort(result.begin(), result.end(), [](const MachineStatus& a, const MachineStatus& b) {
    return std::tie(a.record->instance, a.record->id) < std::tie(b.record->instance, b.record->id);
  });
  return result;
}

std::optional<MachineStatus> Latest::Find(std::string_view machine_id) const {
  MutexLock lock(&mutex_);
  const auto known = machines_.find(ToAbsl(machine_id));
  if (known == machines_.end()) return std::nullopt;
  return StatusOf(known->second, clock_.WallNow());
}

}  // namespace steward::collector
