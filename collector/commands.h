// What the commands beside `serve` do once their arguments are read. Each returns the program's exit code.
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"

namespace steward::collector {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUsage = 2;

// Says on stderr what is wrong.
int Complain(const absl::Status& status, int code);

// Whether all that is stored can be read. Nothing is changed. 1: it cannot, or it cannot be looked at now.
int CheckCommand(const std::filesystem::path& data);

struct BackupArguments {
  std::filesystem::path data;
  std::filesystem::path to;
  std::filesystem::path key_file;  // empty: FindOrMakeBackupKey
  std::string version;
};
int BackupCommand(const BackupArguments& arguments);

struct RestoreArguments {
  std::filesystem::path from;
  std::filesystem::path data;
  std::filesystem::path key_file;  // empty: where the backup says it is
};
int RestoreCommand(const RestoreArguments& arguments);

}  // namespace steward::collector
