#include "collector/storage/sqlite/check_file.h"

#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/connection.h"
#include "collector/storage/sqlite/interrupt.h"
#include "collector/storage/sqlite/rolled.h"
#include "collector/storage/sqlite/schema.h"
#include "collector/storage/sqlite/stored_batches.h"

namespace steward::collector {
namespace {

absl::StatusOr<std::unique_ptr<Connection>> Open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat("there is no ", path.string(), "; is this a collector's data directory?"));
  }
  try {
    return std::make_unique<Connection>(path, Connection::Mode::kRead);
  } catch (const SQLite::Exception& problem) {
    return absl::DataLossError(absl::StrCat(path.string(), " cannot be opened: ", problem.what()));
  }
}

// Collects what is wrong.
class Checker {
 public:
  explicit Checker(Connection& connection) : connection_(connection) {}

  FileReport Report() {
    report_.schema_known = SchemaSteps().back().number;
    // Each by itself: what one finds may be why another fails.
    Try([&] { CheckPages(); });
    Try([&] { CheckReferences(); });
    Try([&] { CheckVersion(); });
    Try([&] { report_.machines = static_cast<std::uint64_t>(connection_.Integer("SELECT COUNT(*) FROM machine")); });
    Try([&] { CheckDescriptors(); });
    Try([&] { CheckBlocks(); });
    Try([&] { CheckLog(); });
    Try([&] { CheckTiers(); });
    return std::move(report_);
  }

 private:
  template <class Function>
  void Try(Function function) {
    try {
      function();
    } catch (const SQLite::Exception& error) {
      Note(connection_.ToStatus(error).message());
    }
  }
  void Note(absl::string_view problem) {
    if (report_.problems.size() < kFileProblemsMax) report_.problems.emplace_back(problem);
  }

  void CheckPages() {
    Query rows(connection_, "PRAGMA integrity_check(20)");
    while (rows.Next()) {
      if (rows.View(0) != "ok") Note(absl::StrCat("the database: ", rows.Text(0)));
    }
  }

  void CheckReferences() {
    Query rows(connection_, "PRAGMA foreign_key_check");
    while (rows.Next()) Note(absl::StrCat("table ", rows.Text(0), " refers to a row of ", rows.Text(2), " that is not there"));
  }

  void CheckVersion() {
    report_.schema = connection_.Integer("SELECT value FROM meta WHERE name = 'schema'");
    const std::int64_t compatible = connection_.Integer("SELECT value FROM meta WHERE name = 'schema_compatible'");
    if (report_.schema < 1) Note("the schema has no number");
    if (compatible > report_.schema_known) {
      Note(absl::StrCat("the file is of a newer Steward (schema ", report_.schema, "; this one knows ", report_.schema_known, ")"));
    }
  }

  void CheckDescriptors() {
    Query rows(connection_, "SELECT DISTINCT machine, epoch FROM descriptor_set");
    while (rows.Next()) {
      const auto set = DescriptorsOf(connection_, rows.Integer(0), rows.Unsigned(1));
      if (!set.ok()) Note(absl::StrCat("descriptors of machine ", rows.Integer(0), ": ", ToText(set.status())));
    }
  }

  void CheckBlocks() {
    Query rows(connection_, "SELECT key, batch_count FROM block");
    while (rows.Next()) {
      BatchBytes bytes;
      std::vector<StoredBatch> batches;
      const absl::Status status = ReadBlock(connection_, rows.Integer(0), bytes, batches);
      ++report_.blocks;
      report_.batches += batches.size();
      if (!status.ok()) {
        Note(absl::StrCat("block ", rows.Integer(0), ": ", ToText(status)));
      } else if (static_cast<std::int64_t>(batches.size()) != rows.Integer(1)) {
        Note(absl::StrCat("block ", rows.Integer(0), " holds ", batches.size(), " batches where ", rows.Integer(1), " should be"));
      }
    }
  }

  void CheckLog() {
    Query machines(connection_, "SELECT DISTINCT machine FROM run");
    while (machines.Next()) {
      for (const Run& run : RunsOfMachine(connection_, machines.Integer(0))) {
        BatchBytes bytes;
        std::vector<StoredBatch> batches;
        const absl::Status status = ReadRun(connection_, run, bytes, batches);
        report_.batches += batches.size();
        if (!status.ok()) Note(absl::StrCat("run ", run.key, ": ", ToText(status)));
      }
    }
  }

  void CheckTiers() {
    Query rows(connection_, "SELECT key, coding, content FROM rolled");
    while (rows.Next()) {
      auto pack = OpenPiece(connection_, rows.Integer(1), rows.View(2));
      absl::Status status = pack.status();
      std::vector<RolledPoint> points;
      for (std::size_t i = 0; status.ok() && i < pack->series().size(); ++i) status = pack->Read(i, points);
      if (!status.ok()) Note(absl::StrCat("piece ", rows.Integer(0), " of a tier: ", ToText(status)));
    }
  }

  static std::string ToText(const absl::Status& status) { return std::string(status.message()); }

  Connection& connection_;
  FileReport report_;
};

}  // namespace

absl::StatusOr<FileReport> CheckSqliteFile(const std::filesystem::path& path) {
  auto connection = Open(path);
  if (!connection.ok()) return connection.status();
  return Checker(**connection).Report();
}

absl::Status QuickCheckSqliteFile(const std::filesystem::path& path, const std::function<bool()>& cancelled) {
  auto connection = Open(path);
  if (!connection.ok()) return connection.status();
  const InterruptWhen interrupt((*connection)->handle(), cancelled);
  const absl::Status status = Guarded(**connection, [&]() -> absl::Status {
    Query query(**connection, "PRAGMA quick_check(1)");
    if (query.Next() && query.View(0) == "ok") return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(path.string(), " is damaged (", query.Text(0),
                                            "); restore its newest backup with: steward-collector restore"));
  });
  return !status.ok() && cancelled() ? absl::CancelledError("the check was stopped") : status;
}

}  // namespace steward::collector
