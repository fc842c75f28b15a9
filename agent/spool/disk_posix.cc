#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "agent/spool/disk.h"
#include "base/text.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

absl::Status ErrorOf(int error, std::string_view what, const fs::path& file) {
  const std::string message = absl::StrCat(ToAbsl(what), " ", file.string(), ": ", std::generic_category().message(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    case ENOENT:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class PosixFile final : public SpoolFile {
 public:
  PosixFile(int fd, fs::path path, std::uint64_t bytes) : fd_(fd), path_(std::move(path)), bytes_(bytes) {}
  ~PosixFile() override { close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  absl::Status Append(std::string_view data) override {
    std::size_t written = 0;
    while (written < data.size()) {
      const ssize_t n = pwrite(fd_, data.data() + written, data.size() - written, static_cast<off_t>(bytes_ + written));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const int error = n < 0 ? errno : ENOSPC;
        if (written > 0 && ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) {
          // The tail stays: the next append overwrites it, and a reader sees it as torn.
        }
        return ErrorOf(error, "cannot write", path_);
      }
      written += static_cast<std::size_t>(n);
    }
    bytes_ += data.size();
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (fdatasync(fd_) != 0) return ErrorOf(errno, "cannot sync", path_);
    return absl::OkStatus();
  }

 private:
  const int fd_;
  const fs::path path_;
  std::uint64_t bytes_;
};

class PosixDisk final : public SpoolDisk {
 public:
  absl::Status CreateDirectories(const fs::path& directory) override {
    std::error_code error;
    if (fs::is_directory(directory, error)) return absl::OkStatus();
    fs::create_directories(directory, error);
    if (error) return ErrorOf(error.value(), "cannot create directory", directory);
    fs::permissions(directory, fs::perms::owner_all, error);
    if (error) return ErrorOf(error.value(), "cannot set the mode of", directory);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<SpoolEntry>> List(const fs::path& directory) override {
    std::vector<SpoolEntry> entries;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
      std::error_code entry_error;
      if (!it->is_regular_file(entry_error)) continue;
      const std::uintmax_t bytes = it->file_size(entry_error);
      if (!entry_error) entries.push_back({it->path().filename().string(), bytes});
    }
    if (error) return ErrorOf(error.value(), "cannot list", directory);
    return entries;
  }

  absl::StatusOr<std::unique_ptr<SpoolFile>> OpenForAppend(const fs::path& file) override {
    const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return ErrorOf(errno, "cannot open", file);
    struct stat info {};
    if (fstat(fd, &info) != 0) {
      const int error = errno;
      close(fd);
      return ErrorOf(error, "cannot read the size of", file);
    }
    return std::make_unique<PosixFile>(fd, file, static_cast<std::uint64_t>(info.st_size));
  }

  absl::StatusOr<std::string> Read(const fs::path& file, std::uint64_t offset, std::uint64_t bytes) override {
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrorOf(errno, "cannot open", file);
    const auto closer = absl::MakeCleanup([fd] { close(fd); });
    struct stat info {};
    if (fstat(fd, &info) != 0) return ErrorOf(errno, "cannot read the size of", file);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    std::string data(offset < size ? std::min(bytes, size - offset) : 0, '\0');
    std::size_t have = 0;
    while (have < data.size()) {
      const ssize_t n = pread(fd, data.data() + have, data.size() - have, static_cast<off_t>(offset + have));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrorOf(errno, "cannot read", file);
      if (n == 0) break;
      have += static_cast<std::size_t>(n);
    }
    data.resize(have);
    return data;
  }

  absl::Status Truncate(const fs::path& file, std::uint64_t bytes) override {
    if (truncate(file.c_str(), static_cast<off_t>(bytes)) != 0) return ErrorOf(errno, "cannot cut", file);
    return absl::OkStatus();
  }

  absl::Status Rename(const fs::path& from, const fs::path& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return ErrorOf(errno, "cannot rename", from);
    return absl::OkStatus();
  }

  absl::Status Remove(const fs::path& file) override {
    if (unlink(file.c_str()) != 0 && errno != ENOENT) return ErrorOf(errno, "cannot delete", file);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const fs::path& directory) override {
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ErrorOf(errno, "cannot open", directory);
    const int result = fsync(fd);
    const int error = errno;
    close(fd);
    if (result != 0) return ErrorOf(error, "cannot sync", directory);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<SpoolDisk> NewPosixSpoolDisk() { return std::make_unique<PosixDisk>(); }

}  // namespace steward::agent
