#include "collector/storage/sqlite/issues.h"

#include "absl/strings/str_cat.h"
#include "collector/storage/issue_words.h"
#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

#define STEWARD_SELECT_ISSUE "SELECT id, dedupe_key, transition, content, rule_state FROM issue "

absl::StatusOr<IssueRecord> ReadIssue(Query& row) {
  IssueRecord record;
  const std::string_view content = row.View(3);
  if (!record.issue.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return absl::DataLossError(absl::StrCat("issue ", row.Text(0), " is damaged; restore the newest backup"));
  }
  record.dedupe_key = row.Text(1);
  record.transition = row.Unsigned(2);
  record.rule_state = row.Text(4);
  return record;
}

}  // namespace

absl::StatusOr<std::vector<IssueRecord>> ListIssues(Connection& connection, bool include_ended) {
  std::vector<IssueRecord> issues;
  Query query(connection, STEWARD_SELECT_ISSUE "WHERE ended <= ?1 ORDER BY opened_ms DESC, id", include_ended);
  while (query.Next()) {
    auto issue = ReadIssue(query);
    if (!issue.ok()) return issue.status();
    issues.push_back(*std::move(issue));
  }
  return issues;
}

absl::StatusOr<IssueRecord> GetIssue(Connection& connection, std::string_view id) {
  Query query(connection, STEWARD_SELECT_ISSUE "WHERE id = ?1", id);
  if (!query.Next()) return absl::NotFoundError(absl::StrCat("no issue ", std::string(id)));
  return ReadIssue(query);
}

absl::StatusOr<std::vector<IssueEventRecord>> ListIssueEvents(Connection& connection, std::string_view issue_id) {
  Query query(connection,
              "SELECT issue_id, time_ms, actor, action, from_state, to_state, reason FROM issue_event "
              "WHERE issue_id = ?1 ORDER BY id",
              issue_id);
  std::vector<IssueEventRecord> events;
  while (query.Next()) {
    events.push_back({query.Text(0), FromStoredMs(query.Integer(1)), query.Text(2), query.Text(3), query.Text(4),
                      query.Text(5), query.Text(6)});
  }
  return events;
}

absl::Status PutIssue(Connection& connection, const IssueRecord& record) {
  const v1::Issue& issue = record.issue;
  const std::string content = issue.SerializeAsString();
  Query(connection,
        "INSERT INTO issue (id, dedupe_key, ended, opened_ms, ended_ms, transition, content, rule_state) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET dedupe_key = excluded.dedupe_key, "
        "ended = excluded.ended, opened_ms = excluded.opened_ms, ended_ms = excluded.ended_ms, "
        "transition = excluded.transition, content = excluded.content, rule_state = excluded.rule_state",
        issue.id(), record.dedupe_key, IssueHasEnded(issue), IssueOpenedMs(issue), IssueEndedMs(issue),
        record.transition, Bytes(content), Bytes(record.rule_state))
      .Run();
  return absl::OkStatus();
}

absl::Status AddIssueEvent(Connection& connection, const IssueEventRecord& event) {
  const int added =
      Query(connection,
            "INSERT INTO issue_event (issue_id, time_ms, actor, action, from_state, to_state, reason) "
            "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM issue WHERE id = ?1",
            event.issue_id, ToStoredMs(event.time), event.actor, event.action, event.from, event.to, event.reason)
          .Run();
  return added == 1 ? absl::OkStatus() : absl::NotFoundError(absl::StrCat("no issue ", event.issue_id));
}

bool ExpireRecords(Connection& connection, std::int64_t before_ms, std::int64_t max) {
  const std::int64_t deliveries =
      Query(connection,
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state <> 1 AND created_ms < ?1 "
            "ORDER BY created_ms LIMIT ?2)",
            before_ms, max)
          .Run();
  std::vector<std::string> issues;
  {
    Query query(connection, "SELECT id FROM issue WHERE ended = 1 AND ended_ms < ?1 ORDER BY opened_ms LIMIT ?2", before_ms,
                max);
    while (query.Next()) issues.push_back(query.Text(0));
  }
  for (const std::string& id : issues) {  // in this order: the history of an issue that is there cannot be deleted
    Query(connection, "DELETE FROM issue WHERE id = ?1", id).Run();
    Query(connection, "DELETE FROM issue_event WHERE issue_id = ?1", id).Run();
  }
  return deliveries == max || static_cast<std::int64_t>(issues.size()) == max;
}

}  // namespace steward::collector
