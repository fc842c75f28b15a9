// From a backup to a data directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/data_directory.h"

namespace steward::collector {

struct BackupSource {
  std::filesystem::path file;
  std::filesystem::path key_file;  // empty: where the backup says its key is
  absl::Time now = absl::InfinitePast();  // for the mark: what came since the backup may be lost; InfinitePast: no mark
};

struct RestoreResult {
  std::string host;     // of the collector that made the backup
  std::string time;     // RFC 3339
  std::string version;  // that collector's
  std::uint64_t bytes = 0;
  std::filesystem::path key_file;
};

// Unpacks into <data>/restoring, checks all of it, and only then moves it into place, the database last. Whatever fails or is
// cut off leaves a folder in which no collector starts; the next restore begins anew.
// `data` was opened for DataDirectory::Use::kRestore.
// DataLoss: the backup is damaged; PermissionDenied: another key; NotFound: no such file, or key; ResourceExhausted: no room.
absl::StatusOr<RestoreResult> RestoreBackup(const BackupSource& source, const DataDirectory& data);

}  // namespace steward::collector
