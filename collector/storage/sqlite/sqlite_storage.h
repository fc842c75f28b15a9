// Storage in one SQLite file (WAL, synchronous=FULL): one writer thread with group commit, readers beside it.
// FORMAT.md in the folder above describes the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/storage/storage.h"

namespace steward::collector {

struct SqliteStorageOptions {
  // Under load the writer waits this long, counted from the first write of a group, so that one sync serves many.
  // A write that comes alone is committed at once. Real time, whatever clock the program runs on.
  absl::Duration commit_window_max = absl::Milliseconds(50);
  std::size_t reader_connections_max = 8;           // further Reads wait
  std::int64_t checkpoint_wal_bytes = 16 << 20;     // the journal is folded into the file when it is longer
  std::int64_t quick_check_bytes_max = 64 << 20;    // files up to this size are checked when they are opened
  absl::Duration quick_check_time_max = absl::Seconds(10);  // and larger ones after an unclean stop, for so long
  std::int64_t file_bytes_max = 0;                  // 0: no limit. More is refused as a full disk is
};

// Makes the file if it is not there, and brings an older schema up to date, one transaction a step.
// One Storage a file: the caller locks the data directory.
// FailedPrecondition: not a Steward database, or written by a newer Steward; PermissionDenied, ResourceExhausted (disk
// full), DataLoss (damaged), Unavailable (held by another program). Every message names the file and says what to do.
absl::StatusOr<std::unique_ptr<Storage>> OpenSqliteStorage(const std::filesystem::path& path,
                                                           const SqliteStorageOptions& options = {});

// Reads the whole file and checks it. DataLoss: says what is wrong with it. Errors of opening as above.
absl::Status CheckSqliteStorage(const std::filesystem::path& path);

}  // namespace steward::collector
