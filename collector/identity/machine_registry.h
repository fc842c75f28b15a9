// Every machine the collector knows, in memory beside the store: for looking up without the disk, on any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/audit/audit_note.h"
#include "collector/storage/storage.h"

namespace steward::collector {

using MachinePointer = std::shared_ptr<const MachineRecord>;

// The label `instance` for a machine: its host name, or name-<id8> if another active machine bears that name.
std::string InstanceName(const std::string& host_name, const MachineId& id, const std::vector<MachineRecord>& machines);

// The setting that is there if a machine of this id was deleted: its agent may still hold a good certificate.
std::string DeletedSettingKey(std::string_view machine_id);

// Thread-safe. Handlers run on the core thread.
class MachineRegistry {
 public:
  // Changes a record inside the transaction that stores it; the record is what the store holds. An error undoes all.
  using Mutation = std::function<absl::Status(MachineRecord&, StorageTransaction&)>;
  using Done = std::function<void(absl::StatusOr<MachinePointer>)>;

  // `storage` outlives the registry, which outlives every write it has queued.
  MachineRegistry(Storage& storage, boost::asio::any_io_executor core) : storage_(storage), core_(std::move(core)) {}

  // Reads all machines. Before anything else uses the registry.
  absl::Status Load();

  MachinePointer Find(std::string_view id) const;  // null: not known
  std::vector<MachinePointer> Snapshot() const;    // all states, in no order

  // Stores the changed record, then shows it here and to the listeners, then calls `done`.
  // NotFound if there is none of this id and `create` is false; otherwise `mutation` begins with a record that has only its id.
  void Update(const MachineId& id, bool create, Mutation mutation, Done done);

  // Ends the machine's right to connect; its history stays. FailedPrecondition: already retired.
  void Retire(const MachineId& id, AuditNote note, Done done);

  // Retires the machine, forgets it here, then deletes what is kept of it, step by step, so that other writes are not held
  // up; its id is refused from then on. After an error, or a crash in the middle, the store has it as retired, and it may be
  // deleted again. `done` gets what it was.
  void Delete(const MachineId& id, AuditNote note, Done done);

  // Core thread: the newest committed batch, or inventory digest; the store knows them already.
  void NoteSeen(const MachineId& id, absl::Time time);
  void NoteInventory(const MachineId& id, const std::string& digest);

  // Called on the core thread with each record that Update changed. Before anything uses the registry.
  void AddListener(std::function<void(const MachinePointer&)> listener) { listeners_.push_back(std::move(listener)); }
  // With each machine that is about to be deleted, after Find has lost it and before the store does.
  void AddDeleteListener(std::function<void(const MachineRecord&)> listener) { delete_listeners_.push_back(std::move(listener)); }

 private:
  MachinePointer Keep(MachineRecord record);
  void Forget(const MachineRecord& machine);
  void DeleteSome(MachinePointer machine, Done done);
  void Amend(const MachineId& id, const std::function<bool(MachineRecord&)>& change);

  Storage& storage_;
  const boost::asio::any_io_executor core_;
  std::vector<std::function<void(const MachinePointer&)>> listeners_;
  std::vector<std::function<void(const MachineRecord&)>> delete_listeners_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, MachinePointer> machines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace steward::collector
