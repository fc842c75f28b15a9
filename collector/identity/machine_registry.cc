#include "collector/identity/machine_registry.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "boost/asio/post.hpp"

namespace steward::collector {

std::string InstanceName(const std::string& host_name, const MachineId& id, const std::vector<MachineRecord>& machines) {
  const bool taken = std::any_of(machines.begin(), machines.end(), [&](const MachineRecord& other) {
    return other.id != id && other.state == MachineState::kActive && other.instance == host_name;
  });
  constexpr std::size_t kIdCharacters = 8;
  return taken ? StrCat(host_name, "-", id.substr(0, kIdCharacters)) : host_name;
}

std::string DeletedSettingKey(std::string_view machine_id) { return StrCat("machine-deleted/", machine_id); }

absl::Status MachineRegistry::Load() {
  return storage_.Read([&](StorageReader& reader) {
    absl::StatusOr<std::vector<MachineRecord>> machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    for (MachineRecord& machine : *machines) Keep(std::move(machine));
    return absl::OkStatus();
  });
}

MachinePointer MachineRegistry::Find(std::string_view id) const {
  const MutexLock lock(&mutex_);
  const auto found = machines_.find(ToAbsl(id));
  return found == machines_.end() ? nullptr : found->second;
}

std::vector<MachinePointer> MachineRegistry::Snapshot() const {
  const MutexLock lock(&mutex_);
  std::vector<MachinePointer> all;
  all.reserve(machines_.size());
  for (const auto& [id, machine] : machines_) all.push_back(machine);
  return all;
}

MachinePointer MachineRegistry::Keep(MachineRecord record) {
  const MutexLock lock(&mutex_);
  MachinePointer& slot = machines_[record.id];
  // The store may be behind the acknowledged batches by the writes that are queued.
  if (slot != nullptr) record.last_seen_time = std::max(record.last_seen_time, slot->last_seen_time);
  slot = std::make_shared<const MachineRecord>(std::move(record));
  return slot;
}

void MachineRegistry::Amend(const MachineId& id, const std::function<bool(MachineRecord&)>& change) {
  const MutexLock lock(&mutex_);
  const auto found = machines_.find(id);
  if (found == machines_.end()) return;
  MachineRecord record = *found->second;
  if (change(record)) found->second = std::make_shared<const MachineRecord>(std::move(record));
}

void MachineRegistry::Update(const MachineId& id, bool create, Mutation mutation, Done done) {
  auto changed = std::make_shared<MachineRecord>();
  storage_.Write(
      [id, create, mutation = std::move(mutation), changed](StorageTransaction& transaction) -> absl::Status {
        absl::StatusOr<MachineRecord> record = transaction.GetMachine(id);
        if (!record.ok() && !(absl::IsNotFound(record.status()) && create)) return record.status();
        if (record.ok()) *changed = *std::move(record);
        changed->id = id;
        if (absl::Status status = mutation(*changed, transaction); !status.ok()) return status;
        return transaction.PutMachine(*changed);
      },
      [this, changed, done = std::move(done)](absl::Status status) {
        boost::asio::post(core_, [this, changed, done, status = std::move(status)] {
          if (!status.ok()) {
            done(status);
            return;
          }
          const MachinePointer machine = Keep(std::move(*changed));
          for (const auto& listener : listeners_) listener(machine);
          done(machine);
        });
      });
}

void MachineRegistry::Retire(const MachineId& id, AuditNote note, Done done) {
  Update(
      id, false,
      [note = std::move(note)](MachineRecord& machine, StorageTransaction& transaction) -> absl::Status {
        if (machine.state == MachineState::kRetired) {
          return absl::FailedPreconditionError(StrCat("machine ", machine.instance, " is retired already"));
        }
        machine.state = MachineState::kRetired;
        return transaction.AddAudit(note.Of("machine-retired", StrCat("machine ", machine.id), "active", "retired"));
      },
      std::move(done));
}

void MachineRegistry::Delete(const MachineId& id, AuditNote note, Done done) {
  Update(
      id, false,
      [note = std::move(note)](MachineRecord& machine, StorageTransaction& transaction) -> absl::Status {
        const bool is_active = machine.state == MachineState::kActive;
        machine.state = MachineState::kRetired;
        return transaction.AddAudit(note.Of("machine-deleted", StrCat("machine ", machine.id), is_active ? "active" : "retired", "deleted"));
      },
      [this, done = std::move(done)](absl::StatusOr<MachinePointer> machine) mutable {
        if (!machine.ok()) return done(machine.status());
        Forget(**machine);
        DeleteSome(*std::move(machine), std::move(done));
      });
}

void MachineRegistry::Forget(const MachineRecord& machine) {
  {
    const MutexLock lock(&mutex_);
    machines_.erase(machine.id);
  }
  for (const auto& listener : delete_listeners_) listener(machine);
}

void MachineRegistry::DeleteSome(MachinePointer machine, Done done) {
  const auto more = std::make_shared<bool>(false);
  storage_.Write(
      [id = machine->id, more](StorageTransaction& transaction) -> absl::Status {
        const absl::StatusOr<bool> left = transaction.DeleteMachine(id);
        if (!left.ok()) return left.status();
        *more = *left;
        return *more ? absl::OkStatus() : transaction.PutSetting(DeletedSettingKey(id), "1");
      },
      [this, machine, more, done = std::move(done)](absl::Status status) {
        boost::asio::post(core_, [this, machine, more, done, status = std::move(status)] {
          if (!status.ok()) return done(status);
          if (*more) return DeleteSome(machine, done);
          done(machine);
        });
      });
}

void MachineRegistry::NoteSeen(const MachineId& id, absl::Time time) {
  Amend(id, [&](MachineRecord& machine) {
    if (time <= machine.last_seen_time) return false;
    machine.last_seen_time = time;
    return true;
  });
}

void MachineRegistry::NoteInventory(const MachineId& id, const std::string& digest) {
  Amend(id, [&](MachineRecord& machine) {
    machine.inventory_digest = digest;
    return true;
  });
}

}  // namespace steward::collector
