// Issues, their history and the outbox in SQL.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/storage/records.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {

absl::StatusOr<std::vector<IssueRecord>> ListIssues(Connection& connection, bool include_ended);
absl::StatusOr<IssueRecord> GetIssue(Connection& connection, std::string_view id);
absl::StatusOr<std::vector<IssueEventRecord>> ListIssueEvents(Connection& connection, std::string_view issue_id);
absl::Status PutIssue(Connection& connection, const IssueRecord& issue);
absl::Status AddIssueEvent(Connection& connection, const IssueEventRecord& event);

absl::StatusOr<std::vector<OutboxRecord>> WaitingDeliveries(Connection& connection);
absl::StatusOr<std::vector<OutboxRecord>> ListDeliveries(Connection& connection, std::size_t max);
absl::Status AddDelivery(Connection& connection, const OutboxRecord& delivery);
absl::Status UpdateDelivery(Connection& connection, const OutboxRecord& delivery);

// Deletes at most `max` ended deliveries and `max` ended issues, with their history, older than that. True: more is left.
bool ExpireRecords(Connection& connection, std::int64_t before_ms, std::int64_t max);

}  // namespace steward::collector
