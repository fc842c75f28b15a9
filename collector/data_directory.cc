#include "collector/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "boost/json.hpp"
#include "collector/identity/secret_file.h"

namespace steward::collector {
namespace {

// What a collector makes there. The database's journal and half-written files begin with these names.
constexpr std::array<std::string_view, 10> kOwnNames = {"collector.db", "collector.sock", "collector.log", "collector.pid", "backup",
                                                        "endpoints.json", "ca.", "server.", "lock", "lost+found"};

std::string Problem(const std::filesystem::path& path, int error) {
  const std::string what = StrCat("data directory ", path.string(), ": ", std::strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS) {
    return StrCat(what, "; give it to user ", ::geteuid(), " (chown), or name another with --data");
  }
  if (error == ENOSPC || error == EDQUOT) return StrCat(what, "; make room on that disk");
  return StrCat(what, "; name another with --data");
}

absl::Status FromErrno(const std::filesystem::path& path, int error) {
  const std::string text = Problem(path, error);
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(text);
  if (error == ENOSPC || error == EDQUOT) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

bool IsOwnName(const std::string& name) {
  return std::any_of(kOwnNames.begin(), kOwnNames.end(), [&](std::string_view own) { return name.starts_with(own); });
}

absl::Status CheckEmpty(const std::filesystem::path& path, const std::filesystem::directory_iterator& entries) {
  std::error_code error;
  const bool cut_off = std::filesystem::exists(path / kRestoringName, error);
  for (const std::filesystem::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    const bool of_a_restore = name == kRestoringName || (cut_off && (name.starts_with("ca.") || name.starts_with("server.")));
    if (name == "lock" || name == "lost+found" || of_a_restore) continue;
    return absl::FailedPreconditionError(StrCat("data directory ", path.string(), " is not empty: it holds \"", name,
                                                "\"; name an empty folder with --data, or move this one away first"));
  }
  return absl::OkStatus();
}

absl::Status CheckContent(const std::filesystem::path& path, DataDirectory::Use use) {
  std::error_code error;
  std::filesystem::directory_iterator entries(path, error);
  if (error) return FromErrno(path, error.value());
  if (use == DataDirectory::Use::kRestore) return CheckEmpty(path, entries);
  if (std::filesystem::exists(path / "collector.db", error)) return absl::OkStatus();  // whether it is one, the store says
  if (std::filesystem::exists(path / kRestoringName, error)) {
    return absl::FailedPreconditionError(StrCat("data directory ", path.string(), ": a restore into it was cut off; do it again: ",
                                                "steward-collector restore --from FILE --data ", path.string()));
  }
  if (use == DataDirectory::Use::kInspect) {
    return absl::FailedPreconditionError(StrCat("data directory ", path.string(), " holds no collector.db; name a collector's with --data"));
  }
  for (const std::filesystem::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (IsOwnName(name)) continue;
    return absl::FailedPreconditionError(StrCat("data directory ", path.string(), " is not a collector's: it holds \"", name,
                                                "\" and no collector.db; name an empty folder with --data"));
  }
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::filesystem::path& path, DataDirectory::Use use) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return absl::OkStatus();
    return absl::FailedPreconditionError(StrCat("data directory ", path.string(), " is a file; name a folder with --data"));
  }
  if (use == DataDirectory::Use::kInspect) {
    return absl::NotFoundError(StrCat("there is no data directory ", path.string(), "; name another with --data"));
  }
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return FromErrno(path, error.value());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return FromErrno(path, errno);
  return absl::OkStatus();
}

std::string HolderOf(int lock) {
  char text[32] = {};
  const ssize_t size = ::pread(lock, text, sizeof text - 1, 0);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  pid.erase(std::find_if(pid.begin(), pid.end(), [](char c) { return c < '0' || c > '9'; }), pid.end());
  return pid.empty() ? "" : StrCat(" (process ", pid, ")");
}

}  // namespace

absl::StatusOr<DataDirectory> DataDirectory::Open(const std::filesystem::path& given, Use use) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(given, error).lexically_normal();
  if (error) return FromErrno(given, error.value());
  if (!path.has_filename()) path = path.parent_path();
  absl::Status status = MakeFolder(path, use);
  if (status.ok()) status = CheckContent(path, use);
  if (!status.ok()) return status;
  const int lock = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return FromErrno(path, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int problem = errno;
    const std::string holder = HolderOf(lock);
    ::close(lock);
    if (problem != EWOULDBLOCK) return FromErrno(path, problem);
    return absl::AlreadyExistsError(StrCat("data directory ", path.string(), " is in use by another collector", holder,
                                           "; stop that one, or name another folder with --data"));
  }
  const std::string pid = StrCat(::getpid(), "\n");
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    const int problem = errno;
    ::close(lock);
    return FromErrno(path, problem);
  }
  return DataDirectory(std::move(path), lock);
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataDirectory::~DataDirectory() {
  if (lock_ < 0) return;
  // The file stays: removing it would let two collectors lock two files of one name.
  if (::ftruncate(lock_, 0) != 0) errno = 0;
  ::close(lock_);
}

absl::Status DataDirectory::WriteEndpoints(const std::string& agents, const std::string& http) const {
  const boost::json::object content = {{"agents", agents}, {"http", http}};
  return WriteSecretFile(path_ / "endpoints.json", boost::json::serialize(content) + "\n");
}

}  // namespace steward::collector
