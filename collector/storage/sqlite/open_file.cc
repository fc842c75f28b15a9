#include "collector/storage/sqlite/open_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/interrupt.h"

namespace steward::collector {
namespace {

constexpr char kMagic[] = "SQLite format 3";  // with its NUL the first 16 bytes of every SQLite file

absl::Status Damaged(const std::filesystem::path& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path.string(), " is damaged (", what,
                                          "); restore its newest backup with: steward-collector restore"));
}

// Before SQLite sees it, which would take any file of less than a page for an empty database.
absl::Status CheckKind(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return absl::OkStatus();
  if (!std::filesystem::is_regular_file(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path.string(), " is not a file; choose another data directory"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::PermissionDeniedError(absl::StrCat("cannot read ", path.string(), ": ", std::strerror(errno),
                                                    "; it must belong to the collector's user"));
  }
  char head[sizeof kMagic] = {};
  file.read(head, sizeof head);
  if (file.gcount() == 0) return absl::OkStatus();
  if (file.gcount() == sizeof head && std::memcmp(head, kMagic, sizeof head) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(path.string(), " is not a Steward database; this is another "
                                                    "program's folder, or the file was overwritten: choose another data "
                                                    "directory, or restore a backup"));
}

// A stop that was not clean leaves the journal.
bool HasJournal(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path.string() + "-wal", error);
  return !error && size > 0;
}

// Finds what it can within the time; what is not looked at by then counts as good: a start must not take an hour.
absl::Status QuickCheck(Connection& connection, absl::Duration time_max) {
  if (time_max <= absl::ZeroDuration()) return absl::OkStatus();
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(time_max);
  const InterruptWhen interrupt(connection.handle(), [end] { return std::chrono::steady_clock::now() >= end; });
  try {
    Query query(connection, "PRAGMA quick_check(1)");
    if (query.Next() && query.View(0) != "ok") return Damaged(connection.path(), query.Text(0));
  } catch (const SQLite::Exception& error) {
    if ((error.getErrorCode() & 0xff) != SQLITE_INTERRUPT) return connection.ToStatus(error);
  }
  return absl::OkStatus();
}

// A file that lost its end is noticed here, whatever its size; small ones are read whole, large ones for a while if the
// collector did not end by itself.
absl::Status CheckWhole(Connection& connection, const SqliteStorageOptions& options, bool ended_badly) {
  return Guarded(connection, [&]() -> absl::Status {
    connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const std::int64_t expected = connection.Integer("PRAGMA page_count") * connection.Integer("PRAGMA page_size");
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(connection.path()));
    if (size < expected) {
      return Damaged(connection.path(), absl::StrCat(size, " bytes of ", expected, " are there"));
    }
    if (size > options.quick_check_bytes_max && !ended_badly) return absl::OkStatus();
    return QuickCheck(connection, options.quick_check_time_max);
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> OpenFile(const std::filesystem::path& path,
                                                     const SqliteStorageOptions& options,
                                                     absl::Span<const SchemaStep> steps) {
  if (absl::Status status = CheckKind(path); !status.ok()) return status;
  const bool ended_badly = HasJournal(path);
  std::unique_ptr<Connection> connection;
  try {
    connection = std::make_unique<Connection>(path, Connection::Mode::kWrite);
  } catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return Damaged(path, error.what());
    return absl::PermissionDeniedError(absl::StrCat("cannot open ", path.string(), " (", error.what(), "): its folder "
                                                    "must exist and belong to the collector's user"));
  }
  absl::Status status = UpdateSchema(*connection, steps);
  if (status.ok()) status = CheckWhole(*connection, options, ended_badly);
  if (!status.ok()) return status;
  if (options.file_bytes_max > 0) {
    const std::int64_t pages = options.file_bytes_max / connection->Integer("PRAGMA page_size");
    connection->Execute(absl::StrCat("PRAGMA max_page_count = ", std::max<std::int64_t>(pages, 1)).c_str());
  }
  return connection;
}

absl::Status CheckSqliteStorage(const std::filesystem::path& path) {
  SqliteStorageOptions options;
  options.quick_check_bytes_max = 0;
  const auto connection = OpenFile(path, options, SchemaSteps());
  if (!connection.ok()) return connection.status();
  return Guarded(**connection, [&]() -> absl::Status {
    Query pages(**connection, "PRAGMA integrity_check(1)");
    if (!pages.Next() || pages.View(0) != "ok") return Damaged(path, pages.Text(0));
    Query references(**connection, "PRAGMA foreign_key_check");
    if (references.Next()) return Damaged(path, absl::StrCat("table ", references.Text(0), " refers to nothing"));
    return absl::OkStatus();
  });
}

}  // namespace steward::collector
