// <state>/reports: small files that `steward-agent report` writes whole, for the agent to read, whether it runs or not.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace steward::agent {

inline constexpr char kReportsDirectory[] = "reports";

// Replaces `file` in there by what `change` makes of its content (empty: there is no such file yet). Two that report at the
// same time come one after the other. To be called as the owner of the state directory (WorkAsOwnerOf).
// NotFound: there is no state directory. PermissionDenied: it is another's. Unavailable: another report has not ended in 10 s.
// Others: as of WriteWholeFile and of `change`; then nothing has changed.
absl::Status ChangeReportFile(const std::filesystem::path& state_directory, std::string_view file,
                              const std::function<absl::StatusOr<std::string>(const std::string& content)>& change);

}  // namespace steward::agent
