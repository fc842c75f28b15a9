#include "agent/command_support.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>

#include "base/text.h"
#include "proto/wire/utf8.h"

namespace steward::agent {
namespace {

constexpr std::size_t kIdentityBytesMax = 255;

}  // namespace

int Fail(int code, const absl::Status& status) {
  std::cerr << "steward-agent: " << std::string(status.message()) << std::endl;
  return code;
}

absl::StatusOr<AgentConfig> ConfigFor(const std::string& option) {
  auto config = LoadAgentConfig(option.empty() ? kDefaultConfigFile : option);
  if (option.empty() && absl::IsNotFound(config.status())) return AgentConfig();
  return config;
}

absl::Status WorkAsOwnerOf(const std::filesystem::path& state_directory) {
  struct stat info = {};
  if (geteuid() != 0 || stat(state_directory.c_str(), &info) != 0 || info.st_uid == 0) return absl::OkStatus();
  if (setgroups(0, nullptr) == 0 && setresgid(info.st_gid, info.st_gid, info.st_gid) == 0 &&
      setresuid(info.st_uid, info.st_uid, info.st_uid) == 0) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(StrCat("cannot become user ", info.st_uid, ", who owns ", state_directory.string(), ": ",
                                            std::generic_category().message(errno), "; run as that user"));
}

v1::MachineIdentity IdentityMessage(const MachineIdentity& machine, const std::string& fingerprint) {
  v1::MachineIdentity message;
  message.set_host_name(wire::EscapedUtf8(machine.host_name, kIdentityBytesMax));
  message.set_class_(machine.machine_class);
  message.set_hardware_fingerprint(fingerprint);
  message.set_operating_system(wire::EscapedUtf8(machine.operating_system, kIdentityBytesMax));
  return message;
}

absl::StatusOr<std::unique_ptr<StateLock>> StateLock::Take(const std::filesystem::path& state_directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(state_directory, error)) {
    std::filesystem::create_directories(state_directory, error);
    if (error) {
      return absl::PermissionDeniedError(StrCat("cannot create the state directory ", state_directory.string(), ": ",
                                                error.message(), "; run as root, or name another with --state"));
    }
    std::filesystem::permissions(state_directory, std::filesystem::perms::owner_all, error);
  }
  const std::string path = state_directory / "lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::PermissionDeniedError(StrCat("cannot write to the state directory ", state_directory.string(), ": ",
                                              std::generic_category().message(errno), "; run as its owner, or name another with --state"));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::FailedPreconditionError(StrCat("another steward-agent uses the state directory ", state_directory.string(),
                                                "; stop it first, or name another with --state"));
  }
  return std::unique_ptr<StateLock>(new StateLock(fd));
}

StateLock::~StateLock() { close(fd_); }

}  // namespace steward::agent
