#include <memory>
#include <utility>

#include "base/text.h"
#include "collector/api/machine_lookup.h"
#include "collector/api/messages.h"
#include "collector/api/services.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::size_t kReasonBytesMax = 1000;

absl::StatusOr<v1::ListMachinesResponse> ListMachines(const Latest& latest, Storage& storage,
                                                      const v1::ListMachinesRequest& request) {
  v1::ListMachinesResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    const auto issues = reader.ListIssues(/*include_ended=*/false);
    if (!issues.ok()) return issues.status();
    auto open = OpenIssues(*issues);
    for (const MachineRecord& machine : *machines) {
      if (machine.state == MachineState::kRetired && !request.include_retired()) continue;
      *response.add_machines() = MachineMessage(machine, latest, open[machine.id]);
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

absl::Status FillInventory(StorageReader& reader, const MachineId& id, v1::GetMachineResponse& response) {
  const auto facts = reader.ListFacts(id);
  if (!facts.ok()) return facts.status();
  for (const FactRecord& record : *facts) {
    v1::MachineFact* fact = response.add_facts();
    fact->set_group(record.group);
    fact->set_key(record.key);
    fact->set_value(record.value);
    *fact->mutable_first_seen_time() = ToTimestamp(record.first_seen_time);
    *fact->mutable_last_seen_time() = ToTimestamp(record.last_seen_time);
  }
  const auto changes = reader.ListChanges(id, kChangesShown);
  if (!changes.ok()) return changes.status();
  for (const ChangeRecord& record : *changes) {
    v1::ChangeEntry* change = response.add_changes();
    *change->mutable_time() = ToTimestamp(record.time);
    change->set_group(record.group);
    change->set_key(record.key);
    if (record.old_value) change->set_old_value(*record.old_value);
    if (record.new_value) change->set_new_value(*record.new_value);
  }
  const auto notes = reader.ListInventoryNotes(id);
  if (!notes.ok()) return notes.status();
  for (const v1::SourceNote& source : *notes) {
    v1::InventoryNote* note = response.add_notes();
    note->set_group(source.group());
    note->set_note(source.note());
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetMachineResponse> GetMachine(const Latest& latest, Storage& storage,
                                                  const v1::GetMachineRequest& request) {
  v1::GetMachineResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto machine = FindMachine(reader, request.machine());
    if (!machine.ok()) return machine.status();
    const auto issues = reader.ListIssues(/*include_ended=*/false);
    if (!issues.ok()) return issues.status();
    for (const IssueRecord& record : *issues) {
      if (record.issue.machine_id() == machine->id && record.issue.state() != "pending") {
        *response.add_issues() = record.issue;
      }
    }
    *response.mutable_machine() =
        MachineMessage(*machine, latest, static_cast<std::uint32_t>(response.issues_size()));
    return FillInventory(reader, machine->id, response);
  });
  if (!read.ok()) return read;
  return response;
}

void RetireMachine(const Latest& latest, Storage& storage, MachineRegistry& machines, const Caller& caller,
                   const v1::RetireMachineRequest& request, RpcTable::Done<v1::RetireMachineResponse> done) {
  if (request.reason().size() > kReasonBytesMax) {
    return done(absl::InvalidArgumentError(StrCat("the reason is longer than ", kReasonBytesMax, " bytes")));
  }
  MachineRecord found;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    auto machine = FindMachine(reader, request.machine());
    if (!machine.ok()) return machine.status();
    found = *std::move(machine);
    return absl::OkStatus();
  });
  if (!read.ok()) return done(read);
  machines.Retire(found.id, [&latest, done = std::move(done), by = caller.name,
                             reason = request.reason()](absl::StatusOr<MachinePointer> machine) {
    if (!machine.ok()) return done(machine.status());
    spdlog::info("machine {} ({}) retired by {}: {}", (*machine)->instance, (*machine)->id, by,
                 reason.empty() ? "no reason given" : reason);
    v1::RetireMachineResponse response;
    *response.mutable_machine() = MachineMessage(**machine, latest, 0);
    done(std::move(response));
  });
}

}  // namespace

void AddMachineService(const Latest& latest, Storage& storage, MachineRegistry& machines, RpcTable& rpc) {
  rpc.AddImmediate<v1::ListMachinesRequest, v1::ListMachinesResponse>(
      "steward.v1.MachineService.ListMachines",
      [&](const Caller&, const auto& request) { return ListMachines(latest, storage, request); });
  rpc.AddImmediate<v1::GetMachineRequest, v1::GetMachineResponse>(
      "steward.v1.MachineService.GetMachine",
      [&](const Caller&, const auto& request) { return GetMachine(latest, storage, request); });
  rpc.Add<v1::RetireMachineRequest, v1::RetireMachineResponse>(
      "steward.v1.MachineService.RetireMachine", [&](const Caller& caller, const auto& request, auto done) {
        RetireMachine(latest, storage, machines, caller, request, std::move(done));
      });
}

}  // namespace steward::collector
