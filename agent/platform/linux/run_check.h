// Runs a program of the company's own, if nobody but root can have written it.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// As Platform::RunCheck.
absl::StatusOr<CheckResult> RunOwnedByRoot(const RootedFiles& files, std::string_view path, absl::Duration deadline);

}  // namespace steward::agent
