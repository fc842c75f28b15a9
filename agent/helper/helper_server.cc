#include "agent/helper/helper_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "agent/platform/linux/helper_protocol.h"
#include "base/text.h"
#include "spdlog/spdlog.h"

namespace steward::agent {
namespace {

constexpr int kLookEveryMs = 1000;
constexpr int kFirstInheritedSocket = 3;  // SD_LISTEN_FDS_START
constexpr timeval kPatience = {.tv_sec = 5, .tv_usec = 0};  // with a peer that neither sends nor takes

std::string LastError() { return std::strerror(errno); }

// The question's line without its end; empty: none came.
std::string ReadLine(int peer) {
  std::string line;
  std::array<char, 256> buffer;
  while (line.size() <= kHelperLineMax) {
    const ssize_t length = ::recv(peer, buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return "";
    line.append(buffer.data(), static_cast<std::size_t>(length));
    const std::size_t end = line.find('\n');
    if (end != std::string::npos) return line.substr(0, end);
  }
  return "";
}

void Write(int peer, std::string_view text) {
  while (!text.empty()) {
    const ssize_t length = ::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return;  // nobody listens any more
    text.remove_prefix(static_cast<std::size_t>(length));
  }
}

bool MayAsk(int peer, std::int64_t user) {
  ucred credentials = {};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return false;
  return credentials.uid == 0 || credentials.uid == user;
}

absl::StatusOr<std::string> AnswerTo(int peer, const HelperSettings& settings) {
  if (!MayAsk(peer, settings.user)) return absl::PermissionDeniedError("only root and the agent's own user may ask");
  const std::string line = ReadLine(peer);
  const absl::StatusOr<HelperQuestion> question = ParseHelperQuestion(line);
  if (!question.ok()) return question.status();
  return settings.answer(question->tool, question->deadline);
}

void Converse(int peer, const HelperSettings& settings) {
  ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  Write(peer, FormatHelperAnswer(AnswerTo(peer, settings)));
  ::close(peer);
}

// Threads that answer; at most kHelperAtOnceMax.
class Conversations {
 public:
  explicit Conversations(const HelperSettings& settings) : settings_(settings) {}
  ~Conversations() {
    for (Running& one : running_) one.thread.join();
  }
  Conversations(const Conversations&) = delete;
  Conversations& operator=(const Conversations&) = delete;

  bool Full() { return Count() >= kHelperAtOnceMax; }
  bool Empty() { return Count() == 0; }
  void Begin(int peer) {
    Running& one = running_.emplace_back();
    one.thread = std::thread([this, peer, &one] {
      Converse(peer, settings_);
      one.over = true;
    });
  }

 private:
  struct Running {
    std::thread thread;
    std::atomic<bool> over = false;
  };
  int Count() {
    running_.remove_if([](Running& one) {
      const bool over = one.over;
      if (over) one.thread.join();
      return over;
    });
    return static_cast<int>(running_.size());
  }

  const HelperSettings& settings_;
  std::list<Running> running_;
};

absl::StatusOr<int> InheritedSocket() {
  const char* process = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (process == nullptr || count == nullptr || std::to_string(::getpid()) != process) {
    return absl::NotFoundError("not started by a socket unit");
  }
  if (std::string_view(count) != "1") return absl::InvalidArgumentError("the socket unit must hand over one socket");
  ::fcntl(kFirstInheritedSocket, F_SETFD, FD_CLOEXEC);
  return kFirstInheritedSocket;
}

}  // namespace

absl::Status ServeHelper(const HelperSettings& settings, const std::function<bool()>& stop) {
  Conversations conversations(settings);
  absl::Time quiet_since = absl::Now();
  while (!stop()) {
    if (!conversations.Empty()) quiet_since = absl::Now();
    if (absl::Now() - quiet_since >= settings.idle_max) break;
    const bool full = conversations.Full();
    pollfd waiting = {full ? -1 : settings.listening_socket, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, full ? kLookEveryMs / 10 : kLookEveryMs);
    if (ready < 0 && errno != EINTR) return absl::UnavailableError(StrCat("poll: ", LastError()));
    if (ready <= 0) continue;
    const int peer = ::accept4(settings.listening_socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) {
      conversations.Begin(peer);
    } else if (errno != EINTR && errno != EAGAIN && errno != ECONNABORTED) {
      return absl::UnavailableError(StrCat("accept: ", LastError()));
    }
  }
  ::close(settings.listening_socket);
  return absl::OkStatus();
}

absl::StatusOr<int> HelperSocket(const std::string& path, uid_t user) {
  absl::StatusOr<int> inherited = InheritedSocket();
  if (!absl::IsNotFound(inherited.status())) return inherited;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(StrCat(path, ": too long for a socket, at most ", sizeof(address.sun_path) - 1, " bytes"));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return absl::UnavailableError(StrCat("socket: ", LastError()));
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (!folder.empty()) ::mkdir(folder.c_str(), 0755);
  struct stat left = {};
  if (::lstat(path.c_str(), &left) == 0 && S_ISSOCK(left.st_mode)) ::unlink(path.c_str());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || ::chmod(path.c_str(), 0600) != 0 ||
      ::chown(path.c_str(), user, static_cast<gid_t>(-1)) != 0 || ::listen(fd, 16) != 0) {
    const absl::Status status = absl::UnavailableError(StrCat(path, ": ", LastError()));
    ::close(fd);
    return status;
  }
  return fd;
}

}  // namespace steward::agent
