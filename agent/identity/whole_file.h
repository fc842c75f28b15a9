// Small files that are read and written whole, mode 0600.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::agent {

// NotFound, PermissionDenied, ResourceExhausted (over 8 MiB when reading, no room when writing), Unavailable; all name it.
absl::StatusOr<std::string> ReadWholeFile(const std::filesystem::path& file);
// Beside it, synced, then renamed over it: the file is always the old one or the new one.
absl::Status WriteWholeFile(const std::filesystem::path& file, std::string_view content);
absl::Status SyncDirectory(const std::filesystem::path& directory);

}  // namespace steward::agent
