// The secret under which backups are sealed: the content of a file, without white space at its end.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "collector/identity/random.h"

namespace steward::collector {

struct BackupKey {
  std::string secret;
  std::filesystem::path file;
  bool made = false;            // just now: somebody should be told to keep a copy
  bool in_data_directory = false;
};

inline constexpr std::size_t kBackupSecretBytesMin = 12;

// InvalidArgument: too short to protect anything; errors of ReadSecretFile.
absl::StatusOr<BackupKey> ReadBackupKey(const std::filesystem::path& file);

// `configured` ([backup] key_file) if it is set and must then be there. Else the key beside the data directory,
// <data>.backup-key, so that it does not go with it; or <data>/backup.key where that place cannot be written.
// Makes one, owned as the data directory is, if there is none.
absl::StatusOr<BackupKey> FindOrMakeBackupKey(const std::filesystem::path& configured, const std::filesystem::path& data,
                                              const RandomSource& random);

}  // namespace steward::collector
