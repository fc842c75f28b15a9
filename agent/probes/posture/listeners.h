// Where this machine can be reached: listening TCP sockets and bound UDP sockets, not those of the loopback.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/platform/platform.h"

namespace steward::agent {

struct Listener {
  std::string protocol;  // "tcp", "udp"
  std::string address;   // "0.0.0.0", "[::]"
  std::uint64_t port = 0;
  std::uint64_t uid = 0;    // whose socket it is
  std::uint64_t inode = 0;  // the socket's own number
  auto operator<=>(const Listener&) const = default;
};

inline constexpr std::size_t kListenersMax = 1000;

// /proc/net/tcp, tcp6, udp, udp6; `source` names the file. DataLoss: not understood.
absl::Status ParseListeners(std::string_view source, std::string_view text, std::vector<Listener>& listeners);

// Sorted, one a protocol, address and port. UDP sockets on ports that the kernel hands out are left out: they are of
// programs that ask, not of ones that serve. NotFound: no /proc/net/tcp.
absl::StatusOr<std::vector<Listener>> ReadListeners(Platform& platform);

}  // namespace steward::agent
