#include "collector/storage/sqlite/delete_machine.h"

#include <cstdint>
#include <string>
#include <vector>

#include "SQLiteCpp/Statement.h"
#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/machines.h"
#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kRowsPerCall = 500;  // blocks are the large ones, some 30 kB each
constexpr std::int64_t kIssuesPerCall = 100;

struct MachineTable {
  std::string name;
  bool without_rowid = false;
};

// Every table that says of its rows whose they are, so that one which a later schema adds is not forgotten.
std::vector<MachineTable> MachineTables(Connection& connection) {
  std::vector<MachineTable> tables;
  Query query(connection,
              "SELECT t.name, t.wr FROM pragma_table_list t, pragma_table_info(t.name) c "
              "WHERE t.schema = 'main' AND t.type = 'table' AND c.name = 'machine' ORDER BY t.name");
  while (query.Next()) tables.push_back({query.Text(0), query.Integer(1) != 0});
  return tables;
}

// The newest row of the log stays, so that ids go on from it after a restart; nothing stays in it.
void DeleteBatch(Connection& connection, std::int64_t id, std::int64_t newest) {
  if (id != newest) {
    Query(connection, "DELETE FROM batch WHERE id = ?1", id).Run();
  } else {
    Query(connection, "UPDATE batch SET sample_count = 0, samples = x'', events = NULL WHERE id = ?1", id).Run();
  }
}

void DeleteRun(Connection& connection, const Run& run, std::int64_t newest) {
  std::int64_t id = run.batch_last;
  for (std::uint64_t left = run.sequence_last - run.sequence_first + 1; left > 0; --left) {
    std::int64_t previous = 0;
    {
      Query query(connection, "SELECT previous FROM batch WHERE id = ?1", id);
      if (!query.Next()) break;  // damaged; what is left of it goes when the log is trimmed
      previous = query.Integer(0);
    }
    DeleteBatch(connection, id, newest);
    id = previous;
  }
  Query(connection, "DELETE FROM run WHERE key = ?1", run.key).Run();
}

// True: more is left.
bool DeleteRuns(Connection& connection, std::int64_t machine) {
  const std::int64_t newest = connection.Integer("SELECT IFNULL(MAX(id), 0) FROM batch");
  std::int64_t rows = 0;
  for (const Run& run : RunsOfMachine(connection, machine)) {
    if (rows >= kRowsPerCall) return true;
    rows += static_cast<std::int64_t>(run.sequence_last - run.sequence_first + 1);
    DeleteRun(connection, run, newest);
  }
  return false;
}

// Day by day: the key begins with the day.
void DeleteCoverage(Connection& connection, std::int64_t machine) {
  const std::int64_t first = connection.Integer("SELECT IFNULL(MIN(day), 0) FROM coverage");
  const std::int64_t last = connection.Integer("SELECT IFNULL(MAX(day), -1) FROM coverage");
  for (std::int64_t day = first; day <= last; ++day) {
    Query(connection, "DELETE FROM coverage WHERE day = ?1 AND machine = ?2", day, machine).Run();
  }
}

// True: more is left. Tables without row ids are small and go at once. The statement's text is made here, so that it
// cannot be one of the connection's prepared ones.
bool DeleteRows(Connection& connection, const MachineTable& table, std::int64_t machine) {
  const std::string which = table.without_rowid ? "machine = ?1"
                                                : absl::StrCat("rowid IN (SELECT rowid FROM \"", table.name,
                                                               "\" WHERE machine = ?1 LIMIT ", kRowsPerCall, ")");
  SQLite::Statement statement(connection.database(), absl::StrCat("DELETE FROM \"", table.name, "\" WHERE ", which));
  statement.bind(1, machine);
  return statement.exec() == kRowsPerCall && !table.without_rowid;
}

// True: more is left.
bool DeleteIssues(Connection& connection, std::string_view id) {
  std::vector<std::string> issues;
  {
    Query query(connection, "SELECT id FROM issue WHERE substr(dedupe_key, 1, length(?1) + 1) = ?1 || '/' LIMIT ?2", id,
                kIssuesPerCall);
    while (query.Next()) issues.push_back(query.Text(0));
  }
  for (const std::string& issue : issues) {
    Query(connection, "DELETE FROM outbox WHERE issue_id = ?1 AND state <> 1", issue).Run();
    Query(connection, "DELETE FROM issue WHERE id = ?1", issue)
        .Run();  // first: while it is there, its history is append-only
    Query(connection, "DELETE FROM issue_event WHERE issue_id = ?1", issue).Run();
  }
  return static_cast<std::int64_t>(issues.size()) == kIssuesPerCall;
}

}  // namespace

absl::StatusOr<bool> DeleteMachine(Connection& connection, std::string_view id) {
  const auto machine = MachineKey(connection, id);
  if (!machine.ok()) return machine.status();
  if (DeleteRuns(connection, *machine)) return true;
  for (const MachineTable& table : MachineTables(connection)) {
    if (table.name != "coverage" && DeleteRows(connection, table, *machine)) return true;
  }
  DeleteCoverage(connection, *machine);
  if (DeleteIssues(connection, id)) return true;
  Query(connection, "DELETE FROM setting WHERE substr(name, -length(?1)) = ?1", id).Run();
  Query(connection, "DELETE FROM machine WHERE key = ?1", *machine).Run();
  return false;
}

}  // namespace steward::collector
