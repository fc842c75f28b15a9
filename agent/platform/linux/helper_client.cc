#include "agent/platform/linux/helper_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/time/clock.h"
#include "agent/platform/linux/helper_protocol.h"
#include "agent/platform/linux/run_program.h"
#include "base/text.h"

namespace steward::agent {
namespace {

// The helper ends a tool itself; only if it hangs does this end the wait.
constexpr absl::Duration kGrace = absl::Seconds(5);

class Connection {
 public:
  Connection(int fd, absl::Time end) : fd_(fd), end_(end) {}
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Connect(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return absl::InvalidArgumentError(StrCat(path, ": too long for a socket"));
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return absl::OkStatus();
    const std::string message = StrCat("no root helper at ", path, ": ", std::strerror(errno));
    return errno == EACCES || errno == EPERM ? absl::PermissionDeniedError(message) : absl::NotFoundError(message);
  }

  absl::Status Send(std::string_view text) {
    while (!text.empty()) {
      if (absl::Status status = Wait(POLLOUT); !status.ok()) return status;
      const ssize_t length = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (length < 0 && errno != EINTR && errno != EAGAIN) return Broken();
      if (length > 0) text.remove_prefix(static_cast<std::size_t>(length));
    }
    return absl::OkStatus();
  }

  // Appends what there is; false at the end.
  absl::StatusOr<bool> Receive(std::string& into) {
    std::array<char, 16 << 10> buffer;
    while (true) {
      if (absl::Status status = Wait(POLLIN); !status.ok()) return status;
      const ssize_t length = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (length < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (length < 0) return Broken();
      into.append(buffer.data(), static_cast<std::size_t>(length));
      return length > 0;
    }
  }

 private:
  static absl::Status Broken() { return absl::UnavailableError(StrCat("the root helper broke off: ", std::strerror(errno))); }

  absl::Status Wait(short events) {
    while (true) {
      if (ProgramsAreEnded()) return absl::CancelledError("the agent ends");
      const std::int64_t left_ms = absl::ToInt64Milliseconds(end_ - absl::Now());
      if (left_ms <= 0) return absl::DeadlineExceededError("the root helper does not answer");
      pollfd waiting = {fd_, events, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 200)));
      if (ready > 0) return absl::OkStatus();
      if (ready < 0 && errno != EINTR) return Broken();
    }
  }

  const int fd_;
  const absl::Time end_;
};

}  // namespace

absl::StatusOr<std::string> AskRootHelper(const std::string& path, Tool tool, absl::Duration deadline) {
  const HelperQuestion question{tool, std::clamp(deadline, absl::Milliseconds(1), kHelperDeadlineMax)};
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return absl::UnavailableError(StrCat("socket: ", std::strerror(errno)));
  Connection connection(fd, absl::Now() + question.deadline + kGrace);
  if (absl::Status status = connection.Connect(path); !status.ok()) return status;
  if (absl::Status status = connection.Send(FormatHelperQuestion(question)); !status.ok()) return status;
  std::string received;
  std::size_t head_end = std::string::npos;
  while ((head_end = received.find('\n')) == std::string::npos) {
    const absl::StatusOr<bool> more = connection.Receive(received);
    if (!more.ok()) return more.status();
    if (!*more || received.size() > kHelperAnswerMax) return absl::UnavailableError("the root helper broke off in its answer");
  }
  const absl::StatusOr<std::size_t> size = ParseHelperAnswerHead(std::string_view(received).substr(0, head_end));
  if (!size.ok()) return size.status();
  received.erase(0, head_end + 1);
  while (received.size() < *size) {
    const absl::StatusOr<bool> more = connection.Receive(received);
    if (!more.ok()) return more.status();
    if (!*more) return absl::UnavailableError("the root helper broke off in its answer");
  }
  received.resize(*size);
  return received;
}

}  // namespace steward::agent
