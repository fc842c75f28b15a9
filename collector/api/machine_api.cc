#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "collector/api/coverage_messages.h"
#include "collector/api/machine_lookup.h"
#include "collector/api/messages.h"
#include "collector/api/services.h"
#include "collector/audit/audit_note.h"
#include "collector/identity/reinstalled.h"
#include "spdlog/spdlog.h"

namespace steward::collector {
namespace {

constexpr std::size_t kReasonBytesMax = 1000;
constexpr int kCoverageDays = 7;

void SetMayBe(const MachineRecord& record, const std::vector<MachineRecord>& all, v1::Machine& machine) {
  if (const MachineRecord* old = MayBe(record, all)) machine.set_may_be_machine_id(old->id);
}

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
      SetMayBe(machine, *machines, *response.mutable_machines(response.machines_size() - 1));
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

absl::Status FillCoverage(StorageReader& reader, const MachineRecord& machine, const CoverageDays& coverage,
                          std::uint32_t wanted, v1::GetMachineResponse& response) {
  if (!coverage) return absl::OkStatus();
  const auto days = coverage(reader, machine, wanted == 0 ? kCoverageDays : static_cast<int>(std::min(wanted, 400u)));
  if (!days.ok()) return days.status();
  for (const CoverageDay& day : *days) *response.add_coverage() = CoverageDayMessage(day);
  return absl::OkStatus();
}

absl::StatusOr<v1::GetMachineResponse> GetMachine(const Latest& latest, Storage& storage, const CoverageDays& coverage,
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
    const auto machines = reader.ListMachines();
    if (!machines.ok()) return machines.status();
    SetMayBe(*machine, *machines, *response.mutable_machine());
    absl::Status filled = FillCoverage(reader, *machine, coverage, request.coverage_days(), response);
    if (!filled.ok()) return filled;
    return FillInventory(reader, machine->id, response);
  });
  if (!read.ok()) return read;
  return response;
}

absl::StatusOr<MachineRecord> FindToChange(Storage& storage, const std::string& words, const std::string& reason) {
  if (reason.size() > kReasonBytesMax) {
    return absl::InvalidArgumentError(StrCat("the reason is longer than ", kReasonBytesMax, " bytes"));
  }
  absl::StatusOr<MachineRecord> found = absl::UnknownError("not read");
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    found = FindMachine(reader, words);
    return absl::OkStatus();
  });
  return read.ok() ? found : read;
}

void RetireMachine(const Latest& latest, Storage& storage, MachineRegistry& machines, AuditNote note,
                   const v1::RetireMachineRequest& request, RpcTable::Done<v1::RetireMachineResponse> done) {
  const auto found = FindToChange(storage, request.machine(), request.reason());
  if (!found.ok()) return done(found.status());
  machines.Retire(found->id, note, [&latest, done = std::move(done), note](absl::StatusOr<MachinePointer> machine) {
    if (!machine.ok()) return done(machine.status());
    spdlog::info("machine {} ({}) retired by {}: {}", (*machine)->instance, (*machine)->id, note.actor,
                 note.reason.empty() ? "no reason given" : note.reason);
    v1::RetireMachineResponse response;
    *response.mutable_machine() = MachineMessage(**machine, latest, 0);
    done(std::move(response));
  });
}

// The two machines that a request names, the older one by the offer if it is not named.
absl::Status FindPair(StorageReader& reader, const v1::ApproveMachineRequest& request, MachineRecord& machine,
                      MachineRecord& old) {
  auto found = FindMachine(reader, request.machine());
  if (!found.ok()) return found.status();
  machine = *std::move(found);
  if (!request.as().empty()) {
    auto named = FindMachine(reader, request.as());
    if (!named.ok()) return named.status();
    old = *std::move(named);
    return absl::OkStatus();
  }
  const auto machines = reader.ListMachines();
  if (!machines.ok()) return machines.status();
  const MachineRecord* offered = MayBe(machine, *machines);
  if (offered == nullptr) {
    return absl::FailedPreconditionError(StrCat("no machine that is silent has the hardware of ", machine.instance,
                                                "; name the one that it goes on for (--as)"));
  }
  old = *offered;
  return absl::OkStatus();
}

void ApproveMachine(const Latest& latest, Storage& storage, MachineRegistry& machines, AuditNote note,
                    const v1::ApproveMachineRequest& request, RpcTable::Done<v1::ApproveMachineResponse> done) {
  MachineRecord machine, old;
  const absl::Status read = storage.Read([&](StorageReader& reader) { return FindPair(reader, request, machine, old); });
  if (!read.ok()) return done(read);
  ApproveReinstalled(machines, machine.id, old.id, note,
                     [&latest, done = std::move(done), by = note.actor](absl::StatusOr<Approved> approved) {
                       if (!approved.ok()) return done(approved.status());
                       spdlog::info("machine {} was approved by {} as the one that was {}", approved->machine->instance, by,
                                    approved->retired->id);
                       v1::ApproveMachineResponse response;
                       *response.mutable_machine() = MachineMessage(*approved->machine, latest, 0);
                       *response.mutable_retired() = MachineMessage(*approved->retired, latest, 0);
                       done(std::move(response));
                     });
}

void DeleteMachine(const Latest& latest, Storage& storage, MachineRegistry& machines, AuditNote note,
                   const v1::DeleteMachineRequest& request, RpcTable::Done<v1::DeleteMachineResponse> done) {
  const auto found = FindToChange(storage, request.machine(), request.reason());
  if (!found.ok()) return done(found.status());
  if (found->state == MachineState::kActive && !request.retire()) {
    return done(absl::FailedPreconditionError(
        StrCat("machine ", found->instance, " is active, and nothing of what is deleted comes back; retire it first: ",
               "`stewardctl machine retire ", found->instance, "`, or do both at once: `stewardctl machine delete --retire ",
               found->instance, "`")));
  }
  spdlog::info("machine {} ({}) is being deleted by {}: {}", found->instance, found->id, note.actor,
               request.reason().empty() ? "no reason given" : request.reason());
  machines.Delete(found->id, std::move(note), [&latest, done = std::move(done)](absl::StatusOr<MachinePointer> machine) {
    if (!machine.ok()) return done(machine.status());
    spdlog::info("machine {} ({}) is deleted with its samples, inventory and issues", (*machine)->instance, (*machine)->id);
    v1::DeleteMachineResponse response;
    *response.mutable_machine() = MachineMessage(**machine, latest, 0);
    done(std::move(response));
  });
}

}  // namespace

void AddMachineService(const Clock& clock, const Latest& latest, Storage& storage, MachineRegistry& machines, RpcTable& rpc,
                       CoverageDays coverage) {
  rpc.AddImmediate<v1::ListMachinesRequest, v1::ListMachinesResponse>(
      "steward.v1.MachineService.ListMachines",
      [&](const Caller&, const auto& request) { return ListMachines(latest, storage, request); });
  rpc.AddImmediate<v1::GetMachineRequest, v1::GetMachineResponse>(
      "steward.v1.MachineService.GetMachine",
      [&, coverage = std::move(coverage)](const Caller&, const auto& request) {
        return GetMachine(latest, storage, coverage, request);
      });
  rpc.Add<v1::RetireMachineRequest, v1::RetireMachineResponse>(
      "steward.v1.MachineService.RetireMachine", [&](const Caller& caller, const auto& request, auto done) {
        RetireMachine(latest, storage, machines, NoteOf(caller, clock.WallNow(), request.reason()), request, std::move(done));
      });
  rpc.Add<v1::ApproveMachineRequest, v1::ApproveMachineResponse>(
      "steward.v1.MachineService.ApproveMachine", [&](const Caller& caller, const auto& request, auto done) {
        ApproveMachine(latest, storage, machines, NoteOf(caller, clock.WallNow()), request, std::move(done));
      });
  rpc.Add<v1::DeleteMachineRequest, v1::DeleteMachineResponse>(
      "steward.v1.MachineService.DeleteMachine", [&](const Caller& caller, const auto& request, auto done) {
        DeleteMachine(latest, storage, machines, NoteOf(caller, clock.WallNow(), request.reason()), request, std::move(done));
      });
}

}  // namespace steward::collector
