#include "agent/identity/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kBytesMax = 8 << 20;

absl::Status ErrorOf(int error, std::string_view what, const std::filesystem::path& file) {
  const std::string message = StrCat("cannot ", what, " ", file.string(), ": ", std::generic_category().message(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(message);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(message);
  return absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrorOf(errno, "open", file);
  std::string content;
  char part[4096];
  ssize_t n = 0;
  while ((n = read(fd, part, sizeof part)) > 0 && content.size() <= kBytesMax) {
    content.append(part, static_cast<std::size_t>(n));
  }
  const int error = errno;
  close(fd);
  if (n < 0) return ErrorOf(error, "read", file);
  if (content.size() > kBytesMax) return absl::ResourceExhaustedError(StrCat(file.string(), " is over 8 MiB"));
  return content;
}

absl::Status WriteWholeFile(const std::filesystem::path& file, std::string_view content) {
  const std::filesystem::path temporary = file.string() + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ErrorOf(errno, "create", temporary);
  int error = 0;
  while (!content.empty() && error == 0) {
    const ssize_t n = write(fd, content.data(), content.size());
    if (n < 0 && errno != EINTR) error = errno;
    if (n > 0) content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (error == 0 && fsync(fd) != 0) error = errno;
  close(fd);
  if (error == 0 && rename(temporary.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(temporary.c_str());
  return ErrorOf(error, "write", file);
}

absl::Status SyncDirectory(const std::filesystem::path& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrorOf(errno, "open", directory);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  return result == 0 ? absl::OkStatus() : ErrorOf(error, "sync", directory);
}

}  // namespace steward::agent
