// The few file operations that the spool needs, as a seam: tests fill the disk and damage files through it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::agent {

// An open file to which only its owner appends. Closed by the destructor.
class SpoolFile {
 public:
  virtual ~SpoolFile() = default;
  // All or nothing as far as the disk allows: after an error the file is cut back to its former size.
  virtual absl::Status Append(std::string_view data) = 0;
  // To the disk (fdatasync).
  virtual absl::Status Sync() = 0;
};

struct SpoolEntry {
  std::string name;
  std::uint64_t bytes = 0;
};

// Errors name the file. ResourceExhausted: no room (disk, quota, file size limit). NotFound: no such file.
// PermissionDenied; Unavailable: everything else. Thread-safe.
class SpoolDisk {
 public:
  virtual ~SpoolDisk() = default;
  virtual absl::Status CreateDirectories(const std::filesystem::path& directory) = 0;  // mode 0700
  virtual absl::StatusOr<std::vector<SpoolEntry>> List(const std::filesystem::path& directory) = 0;
  virtual absl::StatusOr<std::unique_ptr<SpoolFile>> OpenForAppend(const std::filesystem::path& file) = 0;  // 0600, made
  // Fewer bytes than asked for only at the end of the file.
  virtual absl::StatusOr<std::string> Read(const std::filesystem::path& file, std::uint64_t offset,
                                           std::uint64_t bytes) = 0;
  virtual absl::Status Truncate(const std::filesystem::path& file, std::uint64_t bytes) = 0;
  virtual absl::Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual absl::Status Remove(const std::filesystem::path& file) = 0;
  virtual absl::Status SyncDirectory(const std::filesystem::path& directory) = 0;
};

std::unique_ptr<SpoolDisk> NewPosixSpoolDisk();

}  // namespace steward::agent
