// What the UPSes tell: Network UPS Tools' server on this machine, by its text protocol (RFC 9271).
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

inline constexpr std::uint16_t kNutPort = 3493;

// The server's own lines, "UPS <name> "<description>"" and "VAR <ups> <name> "<value>"", in its order. Asks 127.0.0.1 alone,
// without a password: reading takes none. A UPS whose driver does not answer has no VAR lines but "ERR <ups> <reason>".
// NotFound: nobody listens at `port`. DeadlineExceeded; Unavailable: the server refused, or its answer is none.
absl::StatusOr<std::string> AskNut(std::uint16_t port, absl::Duration deadline);

}  // namespace steward::agent
