#include "collector/storage/sqlite/audit.h"

#include <algorithm>
#include <limits>

#include "collector/storage/stored_time.h"

namespace steward::collector {
namespace {

constexpr std::uint64_t kNumberMax = std::numeric_limits<std::int64_t>::max();

AuditEnd ReadEnd(Connection& connection) {
  AuditEnd end;
  Query query(connection, "SELECT number, hash FROM audit_end");
  if (query.Next()) end = {query.Unsigned(0), query.Text(1)};
  return end;
}

}  // namespace

absl::StatusOr<std::vector<AuditRecord>> ListAudit(Connection& connection, std::uint64_t after, std::size_t max) {
  std::vector<AuditRecord> records;
  Query query(connection,
              "SELECT number, time_ms, actor, action, object, old, new, reason, basis, hash FROM audit "
              "WHERE number > ?1 ORDER BY number LIMIT ?2",
              std::min(after, kNumberMax), static_cast<std::uint64_t>(max));
  while (query.Next()) {
    records.push_back({query.Unsigned(0), FromStoredMs(query.Integer(1)), query.Text(2), query.Text(3), query.Text(4),
                       query.Text(5), query.Text(6), query.Text(7), query.Text(8), query.Text(9)});
  }
  return records;
}

absl::StatusOr<AuditEnd> GetAuditEnd(Connection& connection) { return ReadEnd(connection); }

absl::Status AddAudit(Connection& connection, const AuditRecord& record) {
  const AuditEnd end = ReadEnd(connection);
  AuditRecord entry = record;
  entry.number = end.number + 1;
  entry.time = Stored(record.time);
  entry.hash = AuditHash(end.hash, entry);
  Query(connection,
        "INSERT INTO audit (number, time_ms, actor, action, object, old, new, reason, basis, hash) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        entry.number, ToStoredMs(entry.time), entry.actor, entry.action, entry.object, entry.from, entry.to, entry.reason,
        entry.basis, Bytes(entry.hash))
      .Run();
  Query(connection,
        "INSERT INTO audit_end (one, number, hash) VALUES (1, ?1, ?2) "
        "ON CONFLICT (one) DO UPDATE SET number = excluded.number, hash = excluded.hash",
        entry.number, Bytes(entry.hash))
      .Run();
  return absl::OkStatus();
}

}  // namespace steward::collector
