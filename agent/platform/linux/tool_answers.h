// What each tool runs on Linux, by this process itself: a program with fixed arguments, or a function of ours.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/tool.h"

namespace steward::agent {

// Errors as Platform::RunTool's; PermissionDenied: it takes root.
absl::StatusOr<std::string> RunToolHere(Tool tool, absl::Duration deadline);

}  // namespace steward::agent
