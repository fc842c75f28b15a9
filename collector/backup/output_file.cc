#include "collector/backup/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

// Written data goes to the disk as it comes: one sync of gigabytes at the end would hold up everybody else's.
constexpr std::uint64_t kSyncEveryBytes = 32 << 20;

absl::Status Failed(const std::filesystem::path& file, int error) {
  const std::string text = StrCat(file.string(), ": cannot be written: ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(StrCat(text, "; make room on that disk"));
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(text);
  if (error == ENOENT) return absl::NotFoundError(StrCat(text, "; make the folder first"));
  return absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<OutputFile> OutputFile::Create(const std::filesystem::path& path, Name name) {
  std::filesystem::path at = name == Name::kFinal ? path : std::filesystem::path(path.string() + ".part");
  const int descriptor = ::open(at.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return Failed(at, errno);
  return OutputFile(path, std::move(at), descriptor);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)), at_(std::move(other.at_)), descriptor_(std::exchange(other.descriptor_, -1)), bytes_(other.bytes_) {}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(at_.c_str());
}

absl::Status OutputFile::Write(std::string_view bytes) {
  const std::uint64_t before = bytes_;
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(at_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    bytes_ += static_cast<std::uint64_t>(written);
  }
  if (before / kSyncEveryBytes == bytes_ / kSyncEveryBytes || ::fdatasync(descriptor_) == 0) return absl::OkStatus();
  return Failed(at_, errno);
}

absl::Status OutputFile::Commit() {
  if (::fchmod(descriptor_, 0600) != 0 || ::fsync(descriptor_) != 0) return Failed(at_, errno);
  if (at_ != path_ && std::rename(at_.c_str(), path_.c_str()) != 0) return Failed(path_, errno);
  SyncFolder(path_.parent_path());
  ::close(std::exchange(descriptor_, -1));
  return absl::OkStatus();
}

void SyncFolder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

std::optional<std::uint64_t> FreeBytes(const std::filesystem::path& path) {
  struct statvfs state = {};
  if (::statvfs(path.empty() ? "." : path.c_str(), &state) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(state.f_bavail) * state.f_frsize;
}

}  // namespace steward::collector
