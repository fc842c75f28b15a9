// Files of a machine below a folder that stands for its root. With an empty root, the real ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// Thread-safe. Errors as in Platform. Symbolic links, absolute ones too, are followed below the root only.
class RootedFiles {
 public:
  explicit RootedFiles(std::string root) : root_(std::move(root)) {}

  absl::Status ReadFile(std::string_view path, std::string& content) const;
  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) const;
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) const;
  absl::StatusOr<std::string> RealPath(std::string_view path) const;
  bool Exists(std::string_view path) const;

 private:
  // The path on the host. With a root, every link on the way is resolved below it.
  absl::StatusOr<std::string> HostPath(std::string_view path) const;
  absl::StatusOr<std::string> Resolve(std::string_view path) const;

  std::string root_;  // without a slash at the end
};

}  // namespace steward::agent
