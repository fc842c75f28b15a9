#include "agent/platform/linux/run_tool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/time/clock.h"
#include "base/text.h"

namespace steward::agent {
namespace {

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// Reads until the end of the pipe; false once `end` has passed or too much came.
bool ReadAll(int pipe, absl::Time end, std::string& output) {
  std::array<char, 16 << 10> buffer;
  while (output.size() < kFileBytesMax) {
    const std::int64_t left_ms = absl::ToInt64Milliseconds(end - absl::Now());
    if (left_ms <= 0) return false;
    pollfd waiting = {pipe, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t length = ::read(pipe, buffer.data(), buffer.size());
    if (length == 0) return true;
    if (length > 0) output.append(buffer.data(), static_cast<std::size_t>(length));
    if (length < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace

std::vector<std::string> ToolCommand(Tool tool) {
  switch (tool) {
    case Tool::kRpmPackages:
      return {"/usr/bin/rpm", "-qa", "--queryformat", "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\n"};
  }
  return {};
}

absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& command, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  std::array<int, 2> pipe = {-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return absl::UnavailableError(StrCat("pipe: ", std::strerror(errno)));
  SpawnActions actions;
  ::posix_spawn_file_actions_adddup2(actions.get(), pipe[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  std::vector<std::string> copies = command;
  for (std::string& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::array<std::string, 2> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  std::array<char*, 3> environment_pointers = {environment[0].data(), environment[1].data(), nullptr};

  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, copies[0].c_str(), actions.get(), nullptr, arguments.data(), environment_pointers.data());
  ::close(pipe[1]);
  if (error != 0) {
    ::close(pipe[0]);
    const std::string message = StrCat(command[0], ": ", std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(message) : absl::UnavailableError(message);
  }
  std::string output;
  const bool complete = ReadAll(pipe[0], end, output);
  ::close(pipe[0]);
  if (!complete) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!complete) return absl::DeadlineExceededError(StrCat(command[0], " took too long and was ended"));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::UnavailableError(StrCat(command[0], " failed (wait status ", status, ")"));
  }
  return output;
}

}  // namespace steward::agent
