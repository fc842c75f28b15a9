// One echo request, by the kernel's sockets for pings, which need no privilege.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace steward::agent {

// OK: `host` (a name or an address) has answered. PermissionDenied: this system does not let the agent ping, with what to do.
// DeadlineExceeded: no answer; Unavailable: not reachable, or no such host. Waits.
absl::Status Ping(const std::string& host, absl::Duration deadline);

}  // namespace steward::agent
