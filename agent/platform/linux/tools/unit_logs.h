// The last words of services that have failed.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

inline constexpr std::size_t kUnitLogUnitsMax = 20;       // further failed ones have none told
inline constexpr std::size_t kUnitLogLines = 5;           // the last ones of each
inline constexpr std::size_t kUnitLogLineBytesMax = 200;  // what is longer is cut

// Tool::kUnitLogs: a line each, "cron.service\tthe line", oldest first; control characters are '?'. Of services that systemd says
// have failed and journald has lines of, in this start of the machine. Empty: none. `systemctl` and `journalctl` are the programs'
// paths. NotFound: they are not there. Unavailable: systemd does not answer.
absl::StatusOr<std::string> AskUnitLogs(const std::string& systemctl, const std::string& journalctl, absl::Duration deadline);

}  // namespace steward::agent
