#include "agent/platform/linux/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr absl::Duration kEndAfterKill = absl::Seconds(1);
constexpr absl::Duration kLookAgainFirst = absl::Milliseconds(1);
constexpr absl::Duration kLookAgainMax = absl::Milliseconds(50);
constexpr std::chrono::milliseconds kEndIsSeen = std::chrono::milliseconds(200);

// A deadline is no matter of the wall clock, which somebody may set meanwhile.
using SteadyClock = std::chrono::steady_clock;

std::atomic<bool> programs_are_ended = false;

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

class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Reads until the end of the pipe.
absl::Status ReadAll(int pipe, SteadyClock::time_point end, std::size_t bytes_max, std::string& output) {
  std::array<char, 16 << 10> buffer;
  while (output.size() <= bytes_max) {
    if (programs_are_ended) return absl::CancelledError("was ended with the agent");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now());
    if (left.count() <= 0) return absl::DeadlineExceededError("took too long and was ended");
    pollfd waiting = {pipe, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min(left, kEndIsSeen).count()));
    if (ready < 0 && errno != EINTR) return absl::UnavailableError(StrCat("poll: ", std::strerror(errno)));
    if (ready <= 0) continue;
    const ssize_t length = ::read(pipe, buffer.data(), buffer.size());
    if (length == 0) return absl::OkStatus();
    if (length > 0) output.append(buffer.data(), static_cast<std::size_t>(length));
    if (length < 0 && errno != EINTR) return absl::UnavailableError(StrCat("read: ", std::strerror(errno)));
  }
  return absl::ResourceExhaustedError(StrCat("printed more than ", bytes_max >> 10, " KiB and was ended"));
}

// Whether `child` has ended by `end`. It stays to be waited for: its process group keeps its number until then.
bool HasEnded(pid_t child, SteadyClock::time_point end) {
  for (absl::Duration pause = kLookAgainFirst;; pause = std::min(pause * 2, kLookAgainMax)) {
    siginfo_t info = {};
    if (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno != EINTR) return true;
    if (info.si_pid == child) return true;
    if (SteadyClock::now() >= end || programs_are_ended) return false;
    absl::SleepFor(pause);
  }
}

int TakeStatus(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Commands whose program the kernel has not let go of.
class Unended {
 public:
  static Unended& Get() {
    static auto* const unended = new Unended;  // its threads may outlive main
    return *unended;
  }
  bool Has(const std::vector<std::string>& command) {
    const std::scoped_lock lock(mutex_);
    return commands_.contains(command);
  }
  void Leave(const std::vector<std::string>& command, pid_t child) {
    {
      const std::scoped_lock lock(mutex_);
      commands_.insert(command);
    }
    std::thread([this, command, child] {
      TakeStatus(child);
      const std::scoped_lock lock(mutex_);
      commands_.erase(command);
    }).detach();
  }

 private:
  std::mutex mutex_;
  std::set<std::vector<std::string>> commands_;
};

// Its process id; its output goes into `pipe`.
absl::StatusOr<pid_t> Start(std::vector<std::string> command, int pipe) {
  SpawnActions actions;
  ::posix_spawn_file_actions_adddup2(actions.get(), pipe, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  SpawnAttributes attributes;
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::array<std::string, 2> environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  std::array<char*, 3> environment_pointers = {environment[0].data(), environment[1].data(), nullptr};
  pid_t child = -1;
  const int error = ::posix_spawn(&child, command[0].c_str(), actions.get(), attributes.get(), arguments.data(),
                                  environment_pointers.data());
  if (error == 0) return child;
  const std::string message = StrCat(command[0], ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  return error == EACCES ? absl::PermissionDeniedError(message) : absl::UnavailableError(message);
}

}  // namespace

void EndPrograms() { programs_are_ended = true; }
bool ProgramsAreEnded() { return programs_are_ended; }

absl::StatusOr<ProgramEnd> RunProgram(const std::vector<std::string>& command, absl::Duration deadline,
                                      std::size_t bytes_max) {
  const SteadyClock::time_point end = SteadyClock::now() + absl::ToChronoNanoseconds(deadline);
  if (programs_are_ended) return absl::CancelledError(StrCat(command[0], " is not started: the agent ends"));
  if (Unended::Get().Has(command)) {
    return absl::DeadlineExceededError(StrCat(command[0], " hangs since an earlier time, not even a kill ends it"));
  }
  std::array<int, 2> pipe = {-1, -1};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return absl::UnavailableError(StrCat("pipe: ", std::strerror(errno)));
  const absl::StatusOr<pid_t> child = Start(command, pipe[1]);
  ::close(pipe[1]);
  ProgramEnd result;
  absl::Status read = child.ok() ? ReadAll(pipe[0], end, bytes_max, result.output) : child.status();
  ::close(pipe[0]);
  if (!child.ok()) return read;
  // Many programs close their output a moment before they end.
  if (read.ok() && !HasEnded(*child, end)) read = absl::DeadlineExceededError("took too long and was ended");
  // Also what it has left behind, which nobody would end.
  ::kill(-*child, SIGKILL);
  int status = 0;
  if (HasEnded(*child, SteadyClock::now() + absl::ToChronoNanoseconds(kEndAfterKill))) {
    status = TakeStatus(*child);
  } else {
    Unended::Get().Leave(command, *child);
  }
  if (!read.ok()) return absl::Status(read.code(), StrCat(command[0], " ", read.message()));
  if (!WIFEXITED(status)) return absl::UnavailableError(StrCat(command[0], " was ended by signal ", WTERMSIG(status)));
  result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace steward::agent
