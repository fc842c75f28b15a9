// One SQLite connection with its prepared statements. Used by one thread at a time. Throws SQLite::Exception.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "SQLiteCpp/Database.h"
#include "SQLiteCpp/Exception.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

struct sqlite3_stmt;

namespace steward::collector {

class Connection {
 public:
  enum class Mode { kWrite, kRead };

  // Opens the file and sets what holds for a connection: timeouts, synchronous, foreign keys, caches.
  Connection(std::filesystem::path path, Mode mode);

  const std::filesystem::path& path() const { return path_; }
  SQLite::Database& database() { return database_; }
  sqlite3* handle() { return database_.getHandle(); }
  bool InTransaction();
  void Execute(const char* sql) { database_.exec(sql); }
  std::int64_t Integer(const char* sql);  // the first column of the only row

  // The error in words, with the file's name and what to do.
  absl::Status ToStatus(const SQLite::Exception& error);

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Prepared {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    bool in_use = false;
  };
  Prepared& Prepare(const char* sql);

  std::filesystem::path path_;
  SQLite::Database database_;
  absl::flat_hash_map<const char*, std::unique_ptr<Prepared>> prepared_;  // by the literal's address
};

// Marks a parameter or a column that is bytes and not text.
struct Bytes {
  explicit Bytes(std::string_view bytes) : view(bytes) {}
  std::string_view view;
};

// One use of a prepared statement: Query q(connection, "SELECT ... WHERE id = ?1", id); while (q.Next()) ...
// `sql` is a literal. Bound text and bytes are not copied: they outlive the object. Much is done per batch, so this is
// SQLite's own interface and not SQLiteCpp's statement, which knows no views.
class Query {
 public:
  template <class... Values>
  Query(Connection& connection, const char* sql, const Values&... values)
      : connection_(connection), prepared_(connection.Prepare(sql)), statement_(prepared_.statement.get()) {
    int index = 0;
    (Bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool Next();  // steps to the next row; false: there is none
  int Run();    // to the end; the rows changed

  std::int64_t Integer(int column);
  std::uint64_t Unsigned(int column) { return static_cast<std::uint64_t>(Integer(column)); }
  bool IsNull(int column);
  std::string Text(int column) { return std::string(View(column)); }
  std::string_view View(int column);  // until the next Next

 private:
  void Bind(int index, std::int64_t value);
  void Bind(int index, std::uint64_t value) { Bind(index, static_cast<std::int64_t>(value)); }
  void Bind(int index, std::uint32_t value) { Bind(index, static_cast<std::int64_t>(value)); }
  void Bind(int index, bool value) { Bind(index, static_cast<std::int64_t>(value)); }
  void Bind(int index, std::nullptr_t);
  void Bind(int index, std::string_view text);
  void Bind(int index, const std::string& text) { Bind(index, std::string_view(text)); }
  void Bind(int index, const std::optional<std::string>& text);
  void Bind(int index, Bytes bytes);
  void Check(int code);

  Connection& connection_;
  Connection::Prepared& prepared_;
  sqlite3_stmt* statement_;
};

// Runs `function`, which returns a Status or StatusOr, and turns SQLite's exceptions into one.
template <class Function>
auto Guarded(Connection& connection, Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const SQLite::Exception& error) {
    return connection.ToStatus(error);
  }
}

}  // namespace steward::collector
