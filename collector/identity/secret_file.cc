#include "collector/identity/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kSecretFileBytesMax = 64 * 1024;

absl::Status FileError(const std::filesystem::path& file, std::string_view what, int error) {
  const std::string text = StrCat(file.string(), ": cannot be ", what, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(text);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

bool WriteAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FileError(file, "read", errno);
  std::string content(kSecretFileBytesMax + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < content.size() && (got = ::read(descriptor, content.data() + size, content.size() - size)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
  }
  const int error = errno;
  ::close(descriptor);
  if (got < 0) return FileError(file, "read", error);
  if (size > kSecretFileBytesMax) {
    return absl::InvalidArgumentError(StrCat(file.string(), ": larger than ", kSecretFileBytesMax, " bytes"));
  }
  content.resize(size);
  return content;
}

absl::Status WriteSecretFile(const std::filesystem::path& file, std::string_view content) {
  const std::filesystem::path temporary = file.string() + ".new";
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return FileError(temporary, "written", errno);
  const bool written = ::fchmod(descriptor, 0600) == 0 && WriteAll(descriptor, content) && ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  if (!written) {
    ::unlink(temporary.c_str());
    return FileError(temporary, "written", error);
  }
  if (std::rename(temporary.c_str(), file.c_str()) != 0) return FileError(file, "written", errno);
  const int directory = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return absl::OkStatus();
}

}  // namespace steward::collector
