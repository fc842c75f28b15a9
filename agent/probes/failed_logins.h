// How often somebody failed to log in within the last hour, and whether from inside: Tool::kFailedLogins.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

enum class LoginSource : std::uint8_t { kInside, kOutside, kConsole };
// By the address: private, link-local, shared and loopback ones are inside; no address is the console.
LoginSource SourceOf(std::string_view address);

struct FailedLoginCounts {
  std::int64_t all = 0;
  std::int64_t greatest = 0;   // from one address
  std::int64_t in_a_burst = 0; // from one address within kLoginBurst
  std::string greatest_address;
};
inline constexpr absl::Duration kLoginBurst = absl::Seconds(120);
// From so many on the address itself is told: somebody must block it.
inline constexpr std::int64_t kGuessing = 8;

// Lines "seconds since 1970, account, address", tabs between; others are passed over. Indexed by LoginSource.
std::array<FailedLoginCounts, 3> CountFailedLogins(std::string_view lines);

std::unique_ptr<Probe> MakeFailedLoginsProbe(Platform& platform);

}  // namespace steward::agent
