// Runs one of the few external programs the inventory needs: no shell, a fixed environment, an end in any case.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"

namespace steward::agent {

// Program and arguments.
std::vector<std::string> ToolCommand(Tool tool);

// What it wrote to its standard output, at most kFileBytesMax. Waits at most `deadline`, then kills it:
// DeadlineExceeded. NotFound: no such program. Unavailable: it could not be started or said it failed.
absl::StatusOr<std::string> RunProgram(const std::vector<std::string>& command, absl::Duration deadline);

}  // namespace steward::agent
