#include <algorithm>

#include "collector/api/messages.h"
#include "collector/api/services.h"

namespace steward::collector {
namespace {

constexpr std::uint32_t kEntriesMax = 1000;

absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(Storage& storage, const v1::ListAuditEntriesRequest& request) {
  v1::ListAuditEntriesResponse response;
  const std::uint32_t max = request.max() == 0 ? kEntriesMax : std::min(request.max(), kEntriesMax);
  const absl::Status read = storage.Read([&](StorageReader& reader) {
    const auto records = reader.ListAudit(request.after(), max);
    if (!records.ok()) return records.status();
    const auto end = reader.GetAuditEnd();
    if (!end.ok()) return end.status();
    for (const AuditRecord& record : *records) {
      v1::AuditEntry* entry = response.add_entries();
      entry->set_number(record.number);
      *entry->mutable_time() = ToTimestamp(record.time);
      entry->set_actor(record.actor);
      entry->set_action(record.action);
      entry->set_object(record.object);
      entry->set_from(record.from);
      entry->set_to(record.to);
      entry->set_reason(record.reason);
      entry->set_basis(record.basis);
      entry->set_hash(record.hash);
    }
    response.set_last_number(end->number);
    response.set_last_hash(end->hash);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return response;
}

}  // namespace

void AddAuditService(Storage& storage, RpcTable& rpc) {
  rpc.AddImmediate<v1::ListAuditEntriesRequest, v1::ListAuditEntriesResponse>(
      "steward.v1.AuditService.ListAuditEntries",
      [&](const Caller&, const auto& request) { return ListAuditEntries(storage, request); });
}

}  // namespace steward::collector
