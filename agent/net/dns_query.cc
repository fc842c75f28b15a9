#include "agent/net/dns_query.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "absl/time/clock.h"
#include "agent/net/datagram_socket.h"
#include "agent/net/resolve.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::size_t kNameBytesMax = 253;

unsigned Byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }
unsigned Word(std::string_view text, std::size_t at) { return Byte(text, at) << 8 | Byte(text, at + 1); }

absl::Status Failed(std::string_view what) { return absl::UnavailableError(StrCat(what, ": ", std::strerror(errno))); }

// Until an answer to the question with this id has come, or `end`.
absl::Status AwaitAnswer(int fd, std::uint16_t id, absl::Time end) {
  while (true) {
    const std::int64_t left_ms = absl::ToInt64Milliseconds(end - absl::Now());
    pollfd waiting = {fd, POLLIN, 0};
    const int ready = left_ms <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready == 0) return absl::DeadlineExceededError("no answer in time");
    if (ready < 0 && errno != EINTR) return Failed("poll");
    if (ready < 0) continue;
    std::array<char, 4096> answer = {};
    const ssize_t size = ::recv(fd, answer.data(), answer.size(), 0);
    if (size < 0) return Failed("recv");
    absl::Status judged = JudgeDnsAnswer({answer.data(), static_cast<std::size_t>(size)}, id);
    if (!absl::IsInvalidArgument(judged)) return judged;
  }
}

}  // namespace

std::string DnsQuestion(std::string_view name, std::uint16_t id) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kNameBytesMax) return "";
  std::string question = {static_cast<char>(id >> 8), static_cast<char>(id & 0xff)};
  question += std::string_view("\x01\0\0\x01\0\0\0\0\0\0", 10);  // recursion desired; one question
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > kLabelBytesMax) return "";
    question += static_cast<char>(label.size());
    question += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  question += std::string_view("\0\0\x01\0\x01", 5);  // end of the name, A, IN
  return question;
}

absl::Status JudgeDnsAnswer(std::string_view answer, std::uint16_t id) {
  const bool is_answer = answer.size() >= kHeaderBytes && Word(answer, 0) == id && (Byte(answer, 2) & 0x80) != 0;
  if (!is_answer) return absl::InvalidArgumentError("not an answer to the question");
  const unsigned code = Byte(answer, 3) & 0x0f;
  if (code == 3) return absl::NotFoundError("the server says that there is no such name");
  if (code != 0) return absl::UnavailableError(StrCat("the server answers with error ", code));
  if (Word(answer, 6) == 0) return absl::NotFoundError("the server knows no address of that name");
  return absl::OkStatus();
}

absl::Status AskNameServer(const std::string& server, const std::string& port, std::string_view name, absl::Duration deadline) {
  const absl::Time begin = absl::Now();
  const absl::StatusOr<SocketAddress> address = ResolveHost(server, port);
  if (!address.ok()) return address.status();
  const DatagramSocket socket(address->family());
  if (socket.fd() < 0) return Failed("socket");
  if (::connect(socket.fd(), address->data(), address->size) != 0) return Failed("connect");
  const auto id = static_cast<std::uint16_t>(std::random_device()());
  const std::string question = DnsQuestion(name, id);
  if (question.empty()) return absl::InvalidArgumentError(StrCat("\"", name, "\" is no name"));
  absl::Status status;
  for (const double part : {0.4, 1.0}) {  // a packet may be lost
    if (::send(socket.fd(), question.data(), question.size(), 0) < 0) return Failed("send");
    status = AwaitAnswer(socket.fd(), id, begin + deadline * part);
    if (!absl::IsDeadlineExceeded(status)) return status;
  }
  return status;
}

}  // namespace steward::agent
