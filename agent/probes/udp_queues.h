// Bytes waiting in UDP sockets: /proc/net/udp and udp6.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/probe.h"

namespace steward::agent {

struct UdpQueues {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};
absl::StatusOr<UdpQueues> ParseUdpQueues(std::string_view source, std::string_view text);

std::unique_ptr<Probe> MakeUdpQueuesProbe(Platform& platform);

}  // namespace steward::agent
