// Asks the root helper.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/tool.h"

namespace steward::agent {

// What the helper behind the socket at `path` told. NotFound: there is no helper. DeadlineExceeded: no answer within
// `deadline` and a little more. Other errors are the tool's own, or Unavailable: the conversation broke off. Thread-safe.
absl::StatusOr<std::string> AskRootHelper(const std::string& path, Tool tool, absl::Duration deadline);

}  // namespace steward::agent
