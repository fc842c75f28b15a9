// A consistent state of a storage file, byte by byte, while others read and write it: what a backup is made of.
//
// A read transaction keeps SQLite from moving what is newer than it into the file, and from beginning the journal anew
// while it needs the journal. So the file's bytes and then the journal's, opened together, are that state or a later one.
// A transaction that began when all of the journal was in the file needs none; then the journal may be begun anew while
// it is read, which JournalIsWhole tells: what was read of it is worth nothing, and the file alone is the state.
// Nothing is written and nothing stands on a disk in between, unlike with VACUUM INTO. The bytes come through SQLite's
// own handles: closing a file handle of one's own would drop the locks of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3_file;

namespace steward::collector {

class Connection;

// One thread at a time. While it lives the journal grows with what is written.
class SqliteSnapshot {
 public:
  // Errors as Storage::Read; NotFound: no such file.
  static absl::StatusOr<std::unique_ptr<SqliteSnapshot>> Open(const std::filesystem::path& path);
  ~SqliteSnapshot();

  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t journal_bytes() const { return journal_bytes_; }
  std::int64_t schema() const { return schema_; }

  // What lies beyond the end, because the file shrank meanwhile, is zeros.
  absl::Status ReadFile(std::uint64_t offset, char* to, std::size_t size);
  absl::Status ReadJournal(std::uint64_t offset, char* to, std::size_t size);
  // Asked after the last ReadJournal.
  absl::StatusOr<bool> JournalIsWhole();

 private:
  SqliteSnapshot();
  absl::Status Begin();
  absl::Status ReadBytes(sqlite3_file* file, std::uint64_t offset, char* to, std::size_t size);

  std::unique_ptr<Connection> connection_;
  sqlite3_file* file_ = nullptr;
  sqlite3_file* journal_ = nullptr;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t journal_bytes_ = 0;
  std::int64_t schema_ = 0;
  std::string journal_head_;  // changes when the journal is begun anew
};

}  // namespace steward::collector
