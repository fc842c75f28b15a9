#include "agent/report/report_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "agent/identity/whole_file.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr auto kLockWait = std::chrono::seconds(10);
constexpr auto kLockRetry = std::chrono::milliseconds(20);

absl::Status ErrorOf(int error, std::string_view what, const std::filesystem::path& state_directory) {
  const std::string message = StrCat("cannot ", what, " ", state_directory.string(), ": ", std::generic_category().message(error));
  if (error == ENOENT) return absl::NotFoundError(StrCat(message, "; enrol this machine first, or name the agent's directory with --state"));
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(StrCat(message, "; only root and the agent's own user may report: use sudo, or ask who may"));
  }
  return absl::UnavailableError(message);
}

class Lock {
 public:
  explicit Lock(const std::filesystem::path& file) : fd_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  // 0 or errno.
  int Take() const {
    if (fd_ < 0) return errno;
    const auto deadline = std::chrono::steady_clock::now() + kLockWait;
    while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return errno;
      if (std::chrono::steady_clock::now() > deadline) return EWOULDBLOCK;
      std::this_thread::sleep_for(kLockRetry);
    }
    return 0;
  }

 private:
  const int fd_;
};

}  // namespace

absl::Status ChangeReportFile(const std::filesystem::path& state_directory, std::string_view file,
                              const std::function<absl::StatusOr<std::string>(const std::string& content)>& change) {
  const std::filesystem::path directory = state_directory / kReportsDirectory;
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return ErrorOf(errno, "write to", state_directory);
  const Lock lock(directory / "lock");
  if (const int error = lock.Take(); error == EWOULDBLOCK) {
    return absl::UnavailableError(StrCat("another report to ", directory.string(), " does not end"));
  } else if (error != 0) {
    return ErrorOf(error, "write to", directory);
  }
  const std::filesystem::path path = directory / std::string(file);
  auto before = ReadWholeFile(path);
  if (absl::IsNotFound(before.status())) before = std::string();
  if (!before.ok()) return before.status();
  const auto after = change(*before);
  if (!after.ok()) return after.status();
  if (absl::Status status = WriteWholeFile(path, *after); !status.ok()) return status;
  return SyncDirectory(directory);
}

}  // namespace steward::agent
