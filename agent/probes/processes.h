// How many processes and threads there are, and what they do: /proc/<pid>.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/probe.h"
#include "agent/probe_settings.h"

namespace steward::agent {

struct ProcessState {
  std::string_view name;  // the kernel's, of at most 15 bytes; a view into the text
  char state = '?';
  std::uint64_t threads = 0;
  std::uint64_t ticks = 0;           // of the processor, by user and system
  std::uint64_t resident_pages = 0;
};
// One /proc/<pid>/stat; the command in it may hold anything.
absl::StatusOr<ProcessState> ParseProcessStat(std::string_view text);

// On servers it also says who uses most while memory or processors are short (top_programs.h).
std::unique_ptr<Probe> MakeProcessesProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
