// Echo requests, by the kernel's sockets for pings, which need no privilege.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace steward::agent {

struct PingResult {
  // OK: `host` has answered at least once. PermissionDenied: this system does not let the agent ping, with what to do.
  // DeadlineExceeded: no answer; Unavailable: not reachable, or no such host.
  absl::Status status;
  int sent = 0;             // requests that left this machine
  int answered = 0;         // of them
  absl::Duration typical;   // the median time of those that were answered
};

// `count` requests to `host` (a name or an address), one after the other, each waited for as long as its part of `deadline`. Waits.
PingResult Ping(const std::string& host, int count, absl::Duration deadline);

}  // namespace steward::agent
