#include "collector/storage/sqlite/schema.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

constexpr std::int64_t kApplicationId = 0x53545744;  // "STWD": marks the file as Steward's

absl::Status NotStewards(const Connection& connection) {
  return absl::FailedPreconditionError(
      absl::StrCat(connection.path().string(), " is another program's database; choose another data directory"));
}

absl::Status CheckVersion(Connection& connection, std::int64_t known) {
  const std::int64_t version = connection.Integer("SELECT value FROM meta WHERE name = 'schema'");
  const std::int64_t compatible = connection.Integer("SELECT value FROM meta WHERE name = 'schema_compatible'");
  if (version < 1 || compatible < 1) return NotStewards(connection);
  if (compatible <= known) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(connection.path().string(), " was written by a newer Steward (schema ", version,
                   ", this one knows up to ", known, "); install that version again, or restore a backup made before"));
}

void RunStep(Connection& connection, const SchemaStep& step) {
  connection.Execute("BEGIN IMMEDIATE");
  try {
    connection.Execute(std::string(step.sql).c_str());
    connection.Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId).c_str());
    constexpr char kPut[] =
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    Query(connection, kPut, std::string_view("schema"), step.number).Run();
    Query(connection, kPut, std::string_view("schema_compatible"), step.compatible_from).Run();
    connection.Execute("COMMIT");
  } catch (const SQLite::Exception&) {
    if (connection.InTransaction()) connection.Execute("ROLLBACK");
    throw;
  }
}

absl::Status Update(Connection& connection, absl::Span<const SchemaStep> steps) {
  const bool empty = connection.Integer("SELECT COUNT(*) FROM sqlite_schema") == 0;
  std::int64_t version = 0;
  if (empty) {
    // A lone batch's commit writes two pages whole, however large they are.
    connection.Execute("PRAGMA page_size = 4096");
    connection.Execute("PRAGMA auto_vacuum = INCREMENTAL");
  } else {
    if (connection.Integer("PRAGMA application_id") != kApplicationId) return NotStewards(connection);
    const absl::Status status = CheckVersion(connection, steps.back().number);
    if (!status.ok()) return status;
    version = connection.Integer("SELECT value FROM meta WHERE name = 'schema'");
  }
  connection.Execute("PRAGMA journal_mode = WAL");
  connection.Execute("PRAGMA journal_size_limit = 67108864");
  for (const SchemaStep& step : steps) {
    if (step.number > version) RunStep(connection, step);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status UpdateSchema(Connection& connection, absl::Span<const SchemaStep> steps) {
  return Guarded(connection, [&] { return Update(connection, steps); });
}

}  // namespace steward::collector
