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

}  // namespace

void AddIssueService(Storage& storage, RpcTable& rpc) {
  rpc.AddImmediate<v1::ListIssuesRequest, v1::ListIssuesResponse>(
      "steward.v1.IssueService.ListIssues",
      [&](const Caller&, const auto& request) { return ListIssues(storage, request); });
  rpc.AddImmediate<v1::GetIssueRequest, v1::GetIssueResponse>(
      "steward.v1.IssueService.GetIssue",
      [&](const Caller&, const auto& request) { return GetIssue(storage, request); });
}

}  // namespace steward::collector
