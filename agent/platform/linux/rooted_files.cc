#include "agent/platform/rooted_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "agent/platform/platform.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// As many links as the kernel follows in one path before it gives up.
constexpr int kLinksMax = 40;
// One read takes nearly every file of /proc and /sys whole.
constexpr std::size_t kReadBytes = 16 << 10;

absl::Status Failed(std::string_view path, int error) {
  const std::string message = StrCat(path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENXIO:
    case ESRCH:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case EINVAL:
    case ENODEV:
    case EOPNOTSUPP:
    case ENODATA:
      return absl::InvalidArgumentError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::optional<std::string> LinkTarget(const std::string& path) {
  std::array<char, 4096> buffer;
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(length));
}

// Puts the parts of a path before those that are still to be walked, last first.
void PushParts(std::string_view path, std::vector<std::string>& rest) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  rest.insert(rest.end(), std::make_move_iterator(parts.rbegin()), std::make_move_iterator(parts.rend()));
}

}  // namespace

absl::StatusOr<std::string> RootedFiles::Resolve(std::string_view path) const {
  std::vector<std::string> rest;
  PushParts(path, rest);
  std::string resolved;
  int links = 0;
  while (!rest.empty()) {
    const std::string part = std::move(rest.back());
    rest.pop_back();
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
      continue;
    }
    const std::string next = StrCat(resolved, "/", part);
    const std::optional<std::string> target = LinkTarget(StrCat(root_, next));
    if (!target.has_value()) {
      resolved = next;
      continue;
    }
    if (++links > kLinksMax) return absl::UnavailableError(StrCat(path, ": too many symbolic links"));
    if (target->starts_with('/')) resolved.clear();
    PushParts(*target, rest);
  }
  return resolved.empty() ? "/" : resolved;
}

absl::StatusOr<std::string> RootedFiles::HostPath(std::string_view path) const {
  if (root_.empty()) return std::string(path);
  absl::StatusOr<std::string> resolved = Resolve(path);
  if (!resolved.ok()) return resolved;
  return StrCat(root_, *resolved);
}

absl::Status RootedFiles::ReadFile(std::string_view path, std::string& content) const {
  content.clear();
  const absl::StatusOr<std::string> host_path = HostPath(path);
  if (!host_path.ok()) return host_path.status();
  const FileDescriptor file(::open(host_path->c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) return Failed(path, errno);
  std::array<char, kReadBytes> buffer;
  while (content.size() < kFileBytesMax) {
    const ssize_t length = ::read(file.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return Failed(path, errno);
    if (length == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return absl::OkStatus();
}

absl::Status RootedFiles::ListDirectory(std::string_view path, std::vector<std::string>& names) const {
  names.clear();
  const absl::StatusOr<std::string> host_path = HostPath(path);
  if (!host_path.ok()) return host_path.status();
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(host_path->c_str()), &::closedir);
  if (directory == nullptr) return Failed(path, errno);
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return absl::OkStatus();
}

absl::StatusOr<FileAttributes> RootedFiles::Attributes(std::string_view path) const {
  const absl::StatusOr<std::string> host_path = HostPath(path);
  if (!host_path.ok()) return host_path.status();
  struct stat found = {};
  if (::stat(host_path->c_str(), &found) != 0) return Failed(path, errno);
  FileAttributes attributes;
  attributes.kind = S_ISREG(found.st_mode)   ? FileAttributes::Kind::kFile
                    : S_ISDIR(found.st_mode) ? FileAttributes::Kind::kDirectory
                                             : FileAttributes::Kind::kOther;
  attributes.mode = found.st_mode & 07777;
  attributes.user = found.st_uid;
  attributes.group = found.st_gid;
  attributes.bytes = static_cast<std::uint64_t>(found.st_size);
  attributes.modified = absl::TimeFromTimespec(found.st_mtim);
  return attributes;
}

absl::StatusOr<std::string> RootedFiles::RealPath(std::string_view path) const {
  absl::StatusOr<std::string> resolved = Resolve(path);
  if (!resolved.ok()) return resolved;
  if (::access(StrCat(root_, *resolved).c_str(), F_OK) != 0) return Failed(path, errno);
  return resolved;
}

bool RootedFiles::Exists(std::string_view path) const {
  const absl::StatusOr<std::string> host_path = HostPath(path);
  return host_path.ok() && ::access(host_path->c_str(), F_OK) == 0;
}

}  // namespace steward::agent
