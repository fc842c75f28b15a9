// Is a storage file whole? Read only, beside whoever writes to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::collector {

struct FileReport {
  std::int64_t schema = 0;
  std::int64_t schema_known = 0;  // the newest this program knows
  std::uint64_t machines = 0;
  std::uint64_t blocks = 0;
  std::uint64_t batches = 0;      // in blocks and in the log
  std::vector<std::string> problems;  // in words; the first kProblemsMax. None: the file is whole
};
inline constexpr std::size_t kFileProblemsMax = 20;

// Reads all of it: pages, references, and whether what is stored can be decoded. What is wrong with the content is in the
// report; errors are those of opening. Takes minutes for a large file.
absl::StatusOr<FileReport> CheckSqliteFile(const std::filesystem::path& path);

// The pages alone. `cancelled` is asked on another thread. DataLoss: damaged, says what to do; Cancelled.
absl::Status QuickCheckSqliteFile(const std::filesystem::path& path, const std::function<bool()>& cancelled);

}  // namespace steward::collector
