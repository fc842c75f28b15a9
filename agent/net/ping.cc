#include "agent/net/ping.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/time/clock.h"
#include "agent/net/datagram_socket.h"
#include "agent/net/resolve.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<unsigned char, 16> kPayload = {'s', 't', 'e', 'w', 'a', 'r', 'd', ' ', 'e', 'n', 'd', 'p', 'o', 'i', 'n', 't'};
constexpr std::size_t kNumberAt = 7;  // the low byte of the request's sequence number

absl::Status PingFailed(std::string_view what) { return absl::UnavailableError(StrCat(what, ": ", std::strerror(errno))); }

// The kernel fills in identifier and checksum.
std::array<unsigned char, 8 + kPayload.size()> Request(int family, int number) {
  std::array<unsigned char, 8 + kPayload.size()> request = {};
  request[0] = family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  request[kNumberAt] = static_cast<unsigned char>(number);
  std::copy(kPayload.begin(), kPayload.end(), request.begin() + 8);
  return request;
}

// Until the answer to request `number` has come, or `end`. A late answer to one before is none.
absl::Status AwaitAnswer(const DatagramSocket& socket, int family, int number, absl::Time end) {
  while (true) {
    const std::int64_t left_ms = absl::ToInt64Milliseconds(end - absl::Now());
    pollfd waiting = {socket.fd(), POLLIN, 0};
    const int ready = left_ms <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready == 0) return absl::DeadlineExceededError("no answer in time");
    if (ready < 0 && errno != EINTR) return PingFailed("poll");
    if (ready < 0) continue;
    std::array<unsigned char, 256> answer = {};
    const ssize_t size = ::recv(socket.fd(), answer.data(), answer.size(), 0);
    if (size < 0) return PingFailed("recv");
    const bool is_reply = size >= 8 && answer[0] == (family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
    if (is_reply && answer[kNumberAt] == static_cast<unsigned char>(number)) return absl::OkStatus();
  }
}

absl::Status Open(const DatagramSocket& socket, const SocketAddress& address) {
  if (socket.fd() < 0 && (errno == EACCES || errno == EPERM)) {
    return absl::PermissionDeniedError("this system does not let the agent ping: its group must lie within net.ipv4.ping_group_range (sysctl)");
  }
  if (socket.fd() < 0) return PingFailed("socket");
  return ::connect(socket.fd(), address.data(), address.size) == 0 ? absl::OkStatus() : PingFailed("connect");
}

}  // namespace

PingResult Ping(const std::string& host, int count, absl::Duration deadline) {
  PingResult result;
  const absl::StatusOr<SocketAddress> address = ResolveHost(host, "0");
  if (!address.ok()) {
    result.status = address.status();
    return result;
  }
  const int family = address->family();
  const DatagramSocket socket(family, family == AF_INET6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP));
  result.status = Open(socket, *address);
  if (!result.status.ok()) return result;
  std::vector<absl::Duration> times;
  for (int number = 1; number <= count; ++number) {
    const auto request = Request(family, number);
    const absl::Time begin = absl::Now();
    if (::send(socket.fd(), request.data(), request.size(), 0) < 0) {
      result.status = PingFailed("send");
      break;
    }
    ++result.sent;
    result.status = AwaitAnswer(socket, family, number, begin + deadline / count);
    if (result.status.ok()) times.push_back(absl::Now() - begin);
  }
  if (times.empty()) return result;
  result.status = absl::OkStatus();
  result.answered = static_cast<int>(times.size());
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  result.typical = times[times.size() / 2];
  return result;
}

}  // namespace steward::agent
