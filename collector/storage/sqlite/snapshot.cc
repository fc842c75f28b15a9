#include "collector/storage/sqlite/snapshot.h"

#include <sqlite3.h>

#include <system_error>

#include "absl/strings/str_cat.h"
#include "collector/storage/sqlite/connection.h"

namespace steward::collector {
namespace {

constexpr std::size_t kJournalHeadBytes = 32;  // with a salt that is another each time the journal begins

sqlite3_file* FileOf(Connection& connection, int which) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection.handle(), "main", which, &file);
  if (code != SQLITE_OK) throw SQLite::Exception(connection.handle(), code);
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

std::uint64_t SizeOf(Connection& connection, sqlite3_file* file) {
  if (file == nullptr) return 0;
  sqlite3_int64 size = 0;
  const int code = file->pMethods->xFileSize(file, &size);
  if (code != SQLITE_OK) throw SQLite::Exception(connection.handle(), code);
  return static_cast<std::uint64_t>(size);
}

}  // namespace

SqliteSnapshot::SqliteSnapshot() = default;
SqliteSnapshot::~SqliteSnapshot() = default;

absl::StatusOr<std::unique_ptr<SqliteSnapshot>> SqliteSnapshot::Open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat("there is no ", path.string(), "; is this a collector's data directory?"));
  }
  std::unique_ptr<SqliteSnapshot> snapshot(new SqliteSnapshot);
  try {
    snapshot->connection_ = std::make_unique<Connection>(path, Connection::Mode::kRead);
  } catch (const SQLite::Exception& problem) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path.string(), ": ", problem.what()));
  }
  const absl::Status status = snapshot->Begin();
  if (!status.ok()) return status;
  return snapshot;
}

absl::Status SqliteSnapshot::Begin() {
  return Guarded(*connection_, [&] {
    connection_->Execute("BEGIN");
    schema_ = connection_->Integer("SELECT value FROM meta WHERE name = 'schema'");  // from here on the state stands
    file_ = FileOf(*connection_, SQLITE_FCNTL_FILE_POINTER);
    journal_ = FileOf(*connection_, SQLITE_FCNTL_JOURNAL_POINTER);
    file_bytes_ = SizeOf(*connection_, file_);
    journal_bytes_ = SizeOf(*connection_, journal_);
    journal_head_.resize(kJournalHeadBytes);
    return journal_bytes_ == 0 ? absl::OkStatus() : ReadJournal(0, journal_head_.data(), journal_head_.size());
  });
}

absl::Status SqliteSnapshot::ReadFile(std::uint64_t offset, char* to, std::size_t size) {
  return ReadBytes(file_, offset, to, size);
}

absl::Status SqliteSnapshot::ReadJournal(std::uint64_t offset, char* to, std::size_t size) {
  return ReadBytes(journal_, offset, to, size);
}

absl::StatusOr<bool> SqliteSnapshot::JournalIsWhole() {
  std::string head(kJournalHeadBytes, '\0');
  if (journal_bytes_ == 0) return true;
  if (absl::Status status = ReadJournal(0, head.data(), head.size()); !status.ok()) return status;
  return head == journal_head_;
}

absl::Status SqliteSnapshot::ReadBytes(sqlite3_file* file, std::uint64_t offset, char* to, std::size_t size) {
  const int code = file->pMethods->xRead(file, to, static_cast<int>(size), static_cast<sqlite3_int64>(offset));
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("reading ", connection_->path().string(), " failed at byte ", offset,
                                          "; look after the disk below it"));
}

}  // namespace steward::collector
