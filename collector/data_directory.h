// The folder in which a collector keeps everything: whose it is, and that only one collector uses it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::collector {

// Where a restore gathers what it has not checked yet. As long as this is there no collector starts.
inline constexpr std::string_view kRestoringName = "restoring";

// Holds the lock as long as it lives.
class DataDirectory {
 public:
  enum class Use {
    kServe,
    kInspect,  // must be a collector's already; nothing is made but the lock
    kRestore,  // must be empty, or what a restore that was cut off has left
  };

  // Makes the folder (mode 0700) if it is not there. Every message names it and says what to do.
  // FailedPrecondition: not a folder, or it holds other things than it should; PermissionDenied: cannot be written;
  // AlreadyExists: another collector uses it, with its process id; Unavailable, ResourceExhausted: the disk.
  static absl::StatusOr<DataDirectory> Open(const std::filesystem::path& path, Use use = Use::kServe);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "collector.db"; }
  std::filesystem::path socket() const { return path_ / "collector.sock"; }

  // endpoints.json: where the collector listens, for programs that were not told.
  absl::Status WriteEndpoints(const std::string& agents, const std::string& http) const;

 private:
  DataDirectory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace steward::collector
