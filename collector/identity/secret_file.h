// Files that only their owner may read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace steward::collector {

// NotFound, PermissionDenied, InvalidArgument (larger than 64 KiB), Unavailable (the disk); each names the file.
absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& file);

// Replaces the file as a whole, mode 0600, on disk when it returns. PermissionDenied, ResourceExhausted, Unavailable.
absl::Status WriteSecretFile(const std::filesystem::path& file, std::string_view content);

}  // namespace steward::collector
