// How many processes and threads there are, and what they do: /proc/<pid>.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/probe.h"

namespace steward::agent {

struct ProcessState {
  char state = '?';
  std::uint64_t threads = 0;
};
// One /proc/<pid>/stat; the command in it may hold anything.
absl::StatusOr<ProcessState> ParseProcessStat(std::string_view text);

std::unique_ptr<Probe> MakeProcessesProbe(Platform& platform);

}  // namespace steward::agent
