// TCP connections by state, and the bytes that wait in them: /proc/net/tcp and tcp6.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

// By the kernel's numbers, include/net/tcp_states.h; 0 is none.
inline constexpr std::array<std::string_view, 13> kTcpStates = {
    "",      "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait",
    "close", "close_wait",  "last_ack", "listen",   "closing",   "new_syn_recv"};

struct TcpStates {
  std::array<std::uint64_t, kTcpStates.size()> connections = {};
  std::uint64_t sent = 0;  // bytes in the queues
  std::uint64_t received = 0;
};
// Adds what `text` tells to `states`.
absl::Status ParseTcpStates(std::string_view source, std::string_view text, TcpStates& states);

std::unique_ptr<Probe> MakeTcpStatesProbe(Platform& platform);

}  // namespace steward::agent
