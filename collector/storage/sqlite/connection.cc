#include "collector/storage/sqlite/connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace steward::collector {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

int OpenFlags(Connection::Mode mode) {
  const int access = mode == Connection::Mode::kWrite ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY;
  return access | SQLite::OPEN_NOMUTEX;
}

}  // namespace

Connection::Connection(std::filesystem::path path, Mode mode)
    : path_(std::move(path)), database_(path_.string(), OpenFlags(mode), kBusyTimeoutMs) {
  sqlite3_extended_result_codes(handle(), 1);
  Execute("PRAGMA temp_store = MEMORY");
  Execute("PRAGMA foreign_keys = ON");
  if (mode == Mode::kWrite) {
    Execute("PRAGMA synchronous = FULL");
    Execute("PRAGMA secure_delete = OFF");
    Execute("PRAGMA cache_size = -32768");
  } else {
    Execute("PRAGMA cache_size = -4096");
  }
}

bool Connection::InTransaction() { return sqlite3_get_autocommit(handle()) == 0; }

std::int64_t Connection::Integer(const char* sql) {
  Query query(*this, sql);
  return query.Next() ? query.Integer(0) : 0;
}

void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Connection::Prepared& Connection::Prepare(const char* sql) {
  std::unique_ptr<Prepared>& prepared = prepared_[sql];
  if (prepared == nullptr) prepared = std::make_unique<Prepared>();
  if (prepared->statement == nullptr) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) throw SQLite::Exception(handle(), code);
    prepared->statement.reset(statement);
  }
  if (prepared->in_use) throw SQLite::Exception(std::string("a statement is used within itself: ") + sql, SQLITE_MISUSE);
  prepared->in_use = true;
  return *prepared;
}

absl::Status Connection::ToStatus(const SQLite::Exception& error) {
  const int system_error = sqlite3_system_errno(handle());
  const std::string file = path_.string();
  switch (error.getErrorCode() & 0xff) {  // without what extends it
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(
          absl::StrCat("no space left for ", file, "; nothing that was acknowledged is lost, free space and it goes on"));
    case SQLITE_IOERR:
      if (system_error == ENOSPC || system_error == EDQUOT) {
        return absl::ResourceExhaustedError(
            absl::StrCat("no space left for ", file, "; nothing that was acknowledged is lost, free space and it goes on"));
      }
      return absl::DataLossError(absl::StrCat("reading or writing ", file, " failed: ", error.getErrorStr(), " (",
                                              std::strerror(system_error), "); look after the disk below it"));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(absl::StrCat(file, " is damaged (", error.what(), "); stop the collector and restore its "
                                              "newest backup with: steward-collector restore"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(file, " is held by another program; end it, or try again"));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(absl::StrCat("cannot open ", file, " for writing (", error.what(),
                                                      system_error != 0 ? ", " : "",
                                                      system_error != 0 ? std::strerror(system_error) : "",
                                                      "); its folder and the file must belong to the collector's user"));
    default:
      return absl::InternalError(absl::StrCat(file, ": ", error.what()));
  }
}

Query::~Query() {
  sqlite3_reset(statement_);
  prepared_.in_use = false;
}

void Query::Check(int code) {
  if (code != SQLITE_OK) throw SQLite::Exception(connection_.handle(), code);
}

bool Query::Next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw SQLite::Exception(connection_.handle(), code);
  return false;
}

int Query::Run() {
  while (Next()) {
  }
  return sqlite3_changes(connection_.handle());
}

std::int64_t Query::Integer(int column) { return sqlite3_column_int64(statement_, column); }

bool Query::IsNull(int column) { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Query::View(int column) {
  const void* data = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Query::Bind(int index, std::int64_t value) { Check(sqlite3_bind_int64(statement_, index, value)); }

void Query::Bind(int index, std::nullptr_t) { Check(sqlite3_bind_null(statement_, index)); }

void Query::Bind(int index, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();  // null would bind NULL
  Check(sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::Bind(int index, const std::optional<std::string>& text) {
  if (text.has_value()) {
    Bind(index, std::string_view(*text));
  } else {
    Bind(index, nullptr);
  }
}

void Query::Bind(int index, Bytes bytes) {
  const char* data = bytes.view.data() == nullptr ? "" : bytes.view.data();
  Check(sqlite3_bind_blob64(statement_, index, data, bytes.view.size(), SQLITE_STATIC));
}

}  // namespace steward::collector
