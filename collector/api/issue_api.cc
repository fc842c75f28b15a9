#include <optional>
#include <utility>

#include "base/text.h"
#include "collector/api/machine_lookup.h"
#include "collector/api/messages.h"
#include "collector/api/services.h"

namespace steward::collector {
namespace {

absl::StatusOr<v1::ListIssuesResponse> ListIssues(Storage& storage, const v1::ListIssuesRequest& request) {
  v1::ListIssuesResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    MachineId machine_id;
    if (!request.machine().empty()) {
      const auto machine = FindMachine(reader, request.machine());
      if (!machine.ok()) return machine.status();
      machine_id = machine->id;
    }
    const auto issues = reader.ListIssues(request.include_closed());
    if (!issues.ok()) return issues.status();
    for (const IssueRecord& record : *issues) {
      const v1::Issue& issue = record.issue;
      if (issue.state() == "pending" || (!machine_id.empty() && issue.machine_id() != machine_id) ||
          (!request.type().empty() && issue.type() != request.type())) {
        continue;
      }
      *response.add_issues() = issue;
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

// The issue of this id, or the only one whose id begins so.
absl::StatusOr<IssueRecord> FindIssue(StorageReader& reader, const std::string& id) {
  if (id.empty()) return absl::InvalidArgumentError("name an issue: by its id or the beginning of it");
  const auto exact = reader.GetIssue(id);
  if (!absl::IsNotFound(exact.status())) return exact;
  const auto issues = reader.ListIssues(/*include_ended=*/true);
  if (!issues.ok()) return issues.status();
  std::vector<const IssueRecord*> found;
  std::string candidates;
  for (const IssueRecord& record : *issues) {
    if (record.issue.state() == "pending" || record.issue.id().compare(0, id.size(), id) != 0) continue;
    found.push_back(&record);
    if (found.size() <= 20) StrAppend(&candidates, "\n  ", record.issue.id(), "  ", record.issue.title());
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) {
    return absl::NotFoundError(StrCat("no issue has the id \"", id, "\"; `stewardctl issues --all` lists them"));
  }
  return absl::InvalidArgumentError(StrCat(found.size(), " issues have ids that begin with \"", id, "\":", candidates));
}

absl::StatusOr<v1::GetIssueResponse> GetIssue(Storage& storage, const v1::GetIssueRequest& request) {
  v1::GetIssueResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto issue = FindIssue(reader, request.id());
    if (!issue.ok()) return issue.status();
    *response.mutable_issue() = issue->issue;
    const auto events = reader.ListIssueEvents(issue->issue.id());
    if (!events.ok()) return events.status();
    for (const IssueEventRecord& record : *events) {
      v1::IssueEvent* event = response.add_history();
      *event->mutable_time() = ToTimestamp(record.time);
      event->set_actor(record.actor);
      event->set_action(record.action);
      event->set_from(record.from);
      event->set_to(record.to);
      event->set_reason(record.reason);
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

void ActOnIssue(Storage& storage, IssueDesk& desk, const Caller& caller, v1::ActOnIssueRequest request,
                RpcTable::Done<v1::ActOnIssueResponse> done) {
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto issue = FindIssue(reader, request.id());
    if (!issue.ok()) return issue.status();
    request.set_id(issue->issue.id());
    if (issue->issue.state() != "closed") return absl::OkStatus();
    return absl::FailedPreconditionError(StrCat("issue ", request.id(), " is closed: that is its end. What comes again is an "
                                                "issue of its own, linked to this one"));
  });
  if (!read.ok()) return done(read);
  desk.Act(std::move(request), ActorOf(caller), [done = std::move(done)](absl::StatusOr<v1::Issue> issue) {
    if (!issue.ok()) return done(issue.status());
    v1::ActOnIssueResponse response;
    *response.mutable_issue() = *std::move(issue);
    done(std::move(response));
  });
}

absl::StatusOr<MachineRecord> FindActiveMachine(Storage& storage, const std::string& name, std::string_view instead) {
  absl::StatusOr<MachineRecord> machine = absl::NotFoundError("");
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    machine = FindMachine(reader, name);
    return machine.status();
  });
  if (!read.ok()) return read;
  if (machine->state != MachineState::kRetired) return machine;
  return absl::FailedPreconditionError(StrCat("machine ", machine->instance, " is retired; ", instead));
}

void CreateIssue(Storage& storage, IssueDesk& desk, const Caller& caller, const v1::CreateIssueRequest& request,
                 RpcTable::Done<v1::CreateIssueResponse> done) {
  std::optional<MachineRecord> machine;
  if (!request.machine().empty()) {
    auto found = FindActiveMachine(storage, request.machine(), "name its site instead");
    if (!found.ok()) return done(found.status());
    machine = *std::move(found);
  }
  desk.Create(request, std::move(machine), ActorOf(caller), [done = std::move(done)](absl::StatusOr<v1::Issue> issue) {
    if (!issue.ok()) return done(issue.status());
    v1::CreateIssueResponse response;
    *response.mutable_issue() = *std::move(issue);
    done(std::move(response));
  });
}

void DrillIssue(Storage& storage, IssueDesk& desk, const Caller& caller, const v1::DrillIssueRequest& request,
                RpcTable::Done<v1::DrillIssueResponse> done) {
  auto machine = FindActiveMachine(storage, request.machine(), "practise with another one");
  if (!machine.ok()) return done(machine.status());
  desk.Drill(request.type(), *std::move(machine), ActorOf(caller), [done = std::move(done)](absl::StatusOr<v1::Issue> issue) {
    if (!issue.ok()) return done(issue.status());
    v1::DrillIssueResponse response;
    *response.mutable_issue() = *std::move(issue);
    done(std::move(response));
  });
}

void ReleaseFindings(IssueDesk& desk, const Caller& caller, const v1::ReleaseFindingsRequest& request,
                     RpcTable::Done<v1::ReleaseFindingsResponse> done) {
  desk.ReleaseFindings(request, ActorOf(caller), [done = std::move(done)](absl::StatusOr<std::vector<v1::Issue>> issues) {
    if (!issues.ok()) return done(issues.status());
    v1::ReleaseFindingsResponse response;
    for (v1::Issue& issue : *issues) *response.add_issues() = std::move(issue);
    done(std::move(response));
  });
}

void ListWatched(Storage& storage, IssueDesk& desk, const v1::ListWatchedRequest& request,
                 RpcTable::Done<v1::ListWatchedResponse> done) {
  std::string id;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto machine = FindMachine(reader, request.machine());
    if (machine.ok()) id = machine->id;
    return machine.status();
  });
  if (!read.ok()) return done(read);
  desk.ListWatched(std::move(id), std::move(done));
}

}  // namespace

void AddIssueService(Storage& storage, IssueDesk& desk, RpcTable& rpc) {
  rpc.AddImmediate<v1::ListIssuesRequest, v1::ListIssuesResponse>(
      "steward.v1.IssueService.ListIssues",
      [&](const Caller&, const auto& request) { return ListIssues(storage, request); });
  rpc.AddImmediate<v1::GetIssueRequest, v1::GetIssueResponse>(
      "steward.v1.IssueService.GetIssue",
      [&](const Caller&, const auto& request) { return GetIssue(storage, request); });
  rpc.Add<v1::ActOnIssueRequest, v1::ActOnIssueResponse>(
      "steward.v1.IssueService.ActOnIssue", [&](const Caller& caller, const auto& request, auto done) {
        ActOnIssue(storage, desk, caller, request, std::move(done));
      });
  rpc.Add<v1::CreateIssueRequest, v1::CreateIssueResponse>(
      "steward.v1.IssueService.CreateIssue", [&](const Caller& caller, const auto& request, auto done) {
        CreateIssue(storage, desk, caller, request, std::move(done));
      });
  rpc.Add<v1::DrillIssueRequest, v1::DrillIssueResponse>(
      "steward.v1.IssueService.DrillIssue", [&](const Caller& caller, const auto& request, auto done) {
        DrillIssue(storage, desk, caller, request, std::move(done));
      });
  rpc.Add<v1::ReleaseFindingsRequest, v1::ReleaseFindingsResponse>(
      "steward.v1.IssueService.ReleaseFindings", [&](const Caller& caller, const auto& request, auto done) {
        ReleaseFindings(desk, caller, request, std::move(done));
      });
  rpc.Add<v1::ListWatchedRequest, v1::ListWatchedResponse>(
      "steward.v1.IssueService.ListWatched", [&](const Caller&, const auto& request, auto done) {
        ListWatched(storage, desk, request, std::move(done));
      });
}

}  // namespace steward::collector
