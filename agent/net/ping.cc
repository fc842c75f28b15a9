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

#include "absl/time/clock.h"
#include "agent/net/datagram_socket.h"
#include "agent/net/resolve.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::array<unsigned char, 16> kPayload = {'s', 't', 'e', 'w', 'a', 'r', 'd', ' ', 'e', 'n', 'd', 'p', 'o', 'i', 'n', 't'};

absl::Status Failed(std::string_view what) { return absl::UnavailableError(StrCat(what, ": ", std::strerror(errno))); }

// The kernel fills in identifier and checksum.
std::array<unsigned char, 8 + kPayload.size()> Request(int family) {
  std::array<unsigned char, 8 + kPayload.size()> request = {};
  request[0] = family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
  request[7] = 1;  // its number
  std::copy(kPayload.begin(), kPayload.end(), request.begin() + 8);
  return request;
}

}  // namespace

absl::Status Ping(const std::string& host, absl::Duration deadline) {
  const absl::Time end = absl::Now() + deadline;
  const absl::StatusOr<SocketAddress> address = ResolveHost(host, "0");
  if (!address.ok()) return address.status();
  const int family = address->family();
  const DatagramSocket socket(family, family == AF_INET6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP));
  if (socket.fd() < 0 && (errno == EACCES || errno == EPERM)) {
    return absl::PermissionDeniedError("this system does not let the agent ping: its group must lie within net.ipv4.ping_group_range (sysctl)");
  }
  if (socket.fd() < 0) return Failed("socket");
  const auto request = Request(family);
  if (::connect(socket.fd(), address->data(), address->size) != 0) return Failed("connect");
  if (::send(socket.fd(), request.data(), request.size(), 0) < 0) return Failed("send");
  while (true) {
    const std::int64_t left_ms = absl::ToInt64Milliseconds(end - absl::Now());
    pollfd waiting = {socket.fd(), POLLIN, 0};
    const int ready = left_ms <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left_ms));
    if (ready == 0) return absl::DeadlineExceededError("no answer in time");
    if (ready < 0 && errno != EINTR) return Failed("poll");
    if (ready < 0) continue;
    std::array<unsigned char, 256> answer = {};
    const ssize_t size = ::recv(socket.fd(), answer.data(), answer.size(), 0);
    if (size < 0) return Failed("recv");
    if (size >= 8 && answer[0] == (family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY)) return absl::OkStatus();
  }
}

}  // namespace steward::agent
