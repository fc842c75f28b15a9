#include "collector/identity/reinstalled.h"

#include <tuple>
#include <utility>

#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

bool SilentSince(const MachineRecord& old, const MachineRecord& machine) {
  return old.enrolled_time < machine.enrolled_time && old.last_seen_time < machine.enrolled_time;
}

absl::Status CheckPair(const MachineRecord& machine, const MachineRecord& old) {
  if (machine.id == old.id)
    return absl::InvalidArgumentError(StrCat("machine ", machine.instance, " cannot go on as itself"));
  if (machine.state == MachineState::kRetired) {
    return absl::FailedPreconditionError(StrCat("machine ", machine.instance, " (", machine.id, ") is retired"));
  }
  if (old.state == MachineState::kRetired) {
    if (old.continued_as == machine.id) return absl::OkStatus();
    return absl::FailedPreconditionError(StrCat("machine ", old.instance, " (", old.id, ") is retired already"));
  }
  if (!SilentSince(old, machine)) {
    return absl::FailedPreconditionError(
        StrCat("machine ", old.instance, " (", old.id, ") was heard since ", machine.instance,
               " enrolled: they are two machines. If it was named the wrong way round, name the newer one first"));
  }
  return absl::OkStatus();
}

absl::Status TakeOver(const MachineId& old_id, MachineRecord& machine, StorageReader& reader) {
  const auto old = reader.GetMachine(old_id);
  if (!old.ok()) return old.status();
  const auto all = reader.ListMachines();
  if (!all.ok()) return all.status();
  machine.site = old->site;
  machine.machine_class = old->machine_class;
  machine.instance = InstanceName(machine.host_name, machine.id, *all);
  return absl::OkStatus();
}

}  // namespace

const MachineRecord* MayBe(const MachineRecord& machine, const std::vector<MachineRecord>& all) {
  if (machine.hardware_fingerprint.empty() || machine.state != MachineState::kActive) return nullptr;
  const auto rank = [&](const MachineRecord& old) {
    return std::make_tuple(old.host_name == machine.host_name, old.last_seen_time);
  };
  const MachineRecord* best = nullptr;
  for (const MachineRecord& old : all) {
    const bool same = old.id != machine.id && old.state == MachineState::kActive &&
                      old.hardware_fingerprint == machine.hardware_fingerprint && SilentSince(old, machine);
    if (same && (best == nullptr || rank(old) > rank(*best))) best = &old;
  }
  return best;
}

void ApproveReinstalled(MachineRegistry& machines, const MachineId& id, const MachineId& old_id, AuditNote note,
                        std::function<void(absl::StatusOr<Approved>)> done) {
  machines.Update(
      old_id, false,
      [id, note = std::move(note)](MachineRecord& old, StorageTransaction& transaction) -> absl::Status {
        const auto machine = transaction.GetMachine(id);
        if (!machine.ok()) return machine.status();
        if (absl::Status status = CheckPair(*machine, old); !status.ok()) return status;
        const bool is_repeat = old.state == MachineState::kRetired;
        old.state = MachineState::kRetired;
        old.continued_as = id;
        if (is_repeat) return absl::OkStatus();
        return transaction.AddAudit(note.Of("machine-approved", StrCat("machine ", id), "", StrCat("goes on for machine ", old.id)));
      },
      [&machines, id, old_id, done = std::move(done)](absl::StatusOr<MachinePointer> retired) {
        if (!retired.ok()) return done(retired.status());
        machines.Update(
            id, false,
            [old_id](MachineRecord& machine, StorageTransaction& transaction) {
              return TakeOver(old_id, machine, transaction);
            },
            [retired = *std::move(retired), done](absl::StatusOr<MachinePointer> machine) {
              if (!machine.ok()) return done(machine.status());
              spdlog::info("machine {} ({}) goes on for {}", (*machine)->instance, (*machine)->id, retired->id);
              done(Approved{*std::move(machine), retired});
            });
      });
}

}  // namespace steward::collector
