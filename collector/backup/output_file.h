// A large file that appears whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::collector {

// Mode 0600. Removed again unless Commit was called.
class OutputFile {
 public:
  // Makes `path` itself, for a folder that is renamed as a whole, or `path`.part until Commit.
  enum class Name { kFinal, kTemporary };
  static absl::StatusOr<OutputFile> Create(const std::filesystem::path& path, Name name);
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  absl::Status Write(std::string_view bytes);
  absl::Status Commit();  // on disk under its name when it returns
  std::uint64_t bytes() const { return bytes_; }

 private:
  OutputFile(std::filesystem::path path, std::filesystem::path at, int descriptor)
      : path_(std::move(path)), at_(std::move(at)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  std::filesystem::path at_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
};

// Makes what was renamed or made in the folder last.
void SyncFolder(const std::filesystem::path& folder);

// What the file system below `path` has left for this user; none if it cannot be asked.
std::optional<std::uint64_t> FreeBytes(const std::filesystem::path& path);

}  // namespace steward::collector
