#include <utility>

#include "collector/api/messages.h"
#include "collector/api/services.h"

namespace steward::collector {
namespace {

absl::StatusOr<v1::GetStatusResponse> GetStatus(const Latest& latest, Storage& storage, const IngestProgress& progress,
                                                const CollectorFacts& facts) {
  v1::GetStatusResponse response;
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto issues = reader.ListIssues(/*include_ended=*/false);
    if (!issues.ok()) return issues.status();
    for (const IssueRecord& record : *issues) {
      if (record.issue.state() != "pending") response.set_open_issues(response.open_issues() + 1);
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  for (const MachineStatus& machine : latest.Machines()) {
    response.set_machines(response.machines() + 1);
    if (machine.up) response.set_machines_up(response.machines_up() + 1);
  }
  response.set_samples_total(progress.samples_total);
  response.set_samples_per_second(progress.samples_per_second);
  if (progress.last_commit_time != absl::InfinitePast()) {
    *response.mutable_last_commit_time() = ToTimestamp(progress.last_commit_time);
  }
  response.set_version(facts.version);
  response.set_agents_address(facts.agents_address);
  response.set_http_address(facts.http_address);
  return response;
}

}  // namespace

void AddStatusService(const Latest& latest, Storage& storage, std::function<IngestProgress()> progress,
                      std::function<CollectorFacts()> facts, RpcTable& rpc) {
  rpc.AddImmediate<v1::GetStatusRequest, v1::GetStatusResponse>(
      "steward.v1.StatusService.GetStatus",
      [&latest, &storage, progress = std::move(progress), facts = std::move(facts)](const Caller&, const auto&) {
        return GetStatus(latest, storage, progress(), facts());
      });
}

}  // namespace steward::collector
