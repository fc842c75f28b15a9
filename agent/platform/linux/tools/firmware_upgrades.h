// What fwupd on this machine knows of newer firmware.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// Tool::kFirmwareUpgrades: `fwupdmgr get-upgrades --json`, by what its own timer has fetched. Empty: fwupd does not run now. It
// is not started for this: at its start it looks at all hardware, sleeping disks included. Its timer starts it every day.
// NotFound: there is no fwupdmgr.
absl::StatusOr<std::string> AskFirmwareUpgrades(const RootedFiles& files, absl::Duration deadline);

}  // namespace steward::agent
