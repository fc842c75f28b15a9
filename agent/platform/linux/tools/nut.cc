#include "agent/platform/linux/tools/nut.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/time/clock.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 10;  // 5 KiB are usual
constexpr std::size_t kUpsMax = 32;

absl::Status ServerFailed(std::string_view what) { return absl::UnavailableError(StrCat("NUT server: ", what, ": ", std::strerror(errno))); }

// One connection, all of it within one deadline.
class Connection {
 public:
  explicit Connection(absl::Time end) : end_(end) {}
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Connect(std::uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return ServerFailed("socket");
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int error = 0;
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) error = errno;
    if (error == EINPROGRESS) {
      if (absl::Status status = Wait(POLLOUT); !status.ok()) return status;
      socklen_t length = sizeof error;
      if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return ServerFailed("connect");
    }
    if (error == ECONNREFUSED) return absl::NotFoundError(StrCat("no NUT server at 127.0.0.1:", port));
    errno = error;
    return error == 0 ? absl::OkStatus() : ServerFailed("connect");
  }

  absl::Status Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return ServerFailed("send");
      if (sent < 0) {
        if (absl::Status status = Wait(POLLOUT); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  // The next line, without its end.
  absl::StatusOr<std::string> Line() {
    while (true) {
      if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return line;
      }
      if (bytes_ > kAnswerBytesMax) {
        return absl::UnavailableError(StrCat("NUT server: answers more than ", kAnswerBytesMax >> 10, " KiB"));
      }
      if (absl::Status status = Wait(POLLIN); !status.ok()) return status;
      std::array<char, 4096> buffer;
      const ssize_t length = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (length == 0) return absl::UnavailableError("NUT server: closed the connection in the middle of its answer");
      if (length < 0 && errno != EAGAIN && errno != EINTR) return ServerFailed("recv");
      if (length <= 0) continue;
      received_.append(buffer.data(), static_cast<std::size_t>(length));
      bytes_ += static_cast<std::size_t>(length);
    }
  }

 private:
  absl::Status Wait(short events) {
    while (true) {
      const std::int64_t left_ms = absl::ToInt64Milliseconds(end_ - absl::Now());
      if (left_ms <= 0) return absl::DeadlineExceededError("NUT server: does not answer");
      pollfd waiting = {socket_, events, 0};
      const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left_ms, 60'000)));
      if (ready > 0) return absl::OkStatus();
      if (ready < 0 && errno != EINTR) return ServerFailed("poll");
    }
  }

  const absl::Time end_;
  int socket_ = -1;
  std::size_t bytes_ = 0;
  std::string received_;
};

// The lines between "BEGIN LIST <what>" and "END LIST <what>". A refusal, "ERR <reason>", is its one line.
absl::StatusOr<std::vector<std::string>> List(Connection& connection, std::string_view what) {
  if (absl::Status status = connection.Send(StrCat("LIST ", what, "\n")); !status.ok()) return status;
  std::vector<std::string> lines;
  while (true) {
    absl::StatusOr<std::string> line = connection.Line();
    if (!line.ok()) return line.status();
    if (line->starts_with("ERR ")) return std::vector<std::string>{*std::move(line)};
    if (line->starts_with("END LIST ")) return lines;
    if (!line->starts_with("BEGIN LIST ")) lines.push_back(*std::move(line));
  }
}

// The name of "UPS <name> "<description>"", which goes back to the server; empty if it is no such line.
std::string NameOf(std::string_view line) {
  if (!line.starts_with("UPS ")) return "";
  line.remove_prefix(4);
  return std::string(line.substr(0, line.find(' ')));
}

}  // namespace

absl::StatusOr<std::string> AskNut(std::uint16_t port, absl::Duration deadline) {
  Connection connection(absl::Now() + deadline);
  if (absl::Status status = connection.Connect(port); !status.ok()) return status;
  const absl::StatusOr<std::vector<std::string>> list = List(connection, "UPS");
  if (!list.ok()) return list.status();
  if (list->size() == 1 && list->front().starts_with("ERR ")) return absl::UnavailableError(StrCat("NUT server: ", list->front()));
  std::string answer;
  std::size_t count = 0;
  for (const std::string& ups : *list) {
    const std::string name = NameOf(ups);
    if (name.empty() || ++count > kUpsMax) continue;
    StrAppend(&answer, ups, "\n");
    const absl::StatusOr<std::vector<std::string>> variables = List(connection, StrCat("VAR ", name));
    if (!variables.ok()) return variables.status();
    for (const std::string& line : *variables) {
      const bool refused = line.starts_with("ERR ");
      StrAppend(&answer, refused ? StrCat("ERR ", name, " ", line.substr(4)) : line, "\n");
    }
  }
  (void)connection.Send("LOGOUT\n");
  return answer;
}

}  // namespace steward::agent
