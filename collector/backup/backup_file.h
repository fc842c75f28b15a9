// One backup: everything a collector needs, in one encrypted file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/backup/backup_key.h"
#include "collector/identity/random.h"

namespace steward::collector {

struct BackupRequest {
  std::filesystem::path data;  // the data directory; a collector may be at work in it
  std::filesystem::path to;    // an older file of this name is replaced, once the new one is whole and on disk
  BackupKey key;
  absl::Time now;
  std::string version;                           // the collector's
  std::function<bool()> cancelled = [] { return false; };  // asked now and then, on any thread
};

struct BackupResult {
  std::uint64_t bytes = 0;
};

// Writes `to`.part and renames it; whatever fails leaves the former `to` as it was. The database is checked afterwards: of
// a damaged one no backup is made, so that it replaces no good one.
// ResourceExhausted: not enough room, told before anything is written; DataLoss: the database is damaged; NotFound: no
// collector's directory; PermissionDenied, Unavailable, Cancelled. Each message names the file and says what to do.
absl::StatusOr<BackupResult> WriteBackup(const BackupRequest& request, const RandomSource& random);

}  // namespace steward::collector
