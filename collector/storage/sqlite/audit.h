// The audit trail in SQL.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

absl::StatusOr<std::vector<AuditRecord>> ListAudit(Connection& connection, std::uint64_t after, std::size_t max);
absl::StatusOr<AuditEnd> GetAuditEnd(Connection& connection);
absl::Status AddAudit(Connection& connection, const AuditRecord& record);

}  // namespace steward::collector
