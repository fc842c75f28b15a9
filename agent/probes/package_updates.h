// Updates that wait to be installed, as apt and dnf tell of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

class Platform;

struct PendingUpdate {
  std::string installed;  // its version; empty: dnf does not tell
  std::string candidate;
  bool is_security = false;
};
// By name; a package of a second architecture is "name:arch" with apt, "name.arch" with dnf.
using PendingUpdates = std::map<std::string, PendingUpdate>;

// Tool::kAptUpgrades. A package is a security update if its candidate comes from an origin or archive with "security" in its
// name (Debian-Security, jammy-security, UbuntuESM's jammy-apps-security). Packages that an upgrade would bring in anew do
// not count. DataLoss: a line "Inst" that is not understood.
absl::StatusOr<PendingUpdates> ParseAptUpgrades(std::string_view text);
// Tool::kDnfUpdates. `own_architecture` as uname has it: its packages and "noarch" go by their name alone.
PendingUpdates ParseDnfUpdates(std::string_view text, std::string_view own_architecture);

// NotFound: neither apt nor dnf is here. Waits.
inline constexpr absl::Duration kUpdatesDeadline = absl::Minutes(3);
absl::StatusOr<PendingUpdates> AskPendingUpdates(Platform& platform);

}  // namespace steward::agent
