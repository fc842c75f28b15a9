// What the package managers know to be waiting: from the package lists that are here, never from the network. An answer is
// kept for a day, or until packages, lists or configuration change: it takes seconds of CPU, and probe and inventory ask.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

// A dry run of an upgrade: a line "Inst NAME [INSTALLED] (CANDIDATE ORIGIN:VERSION/ARCHIVE, ... [ARCH])" a package, among
// others. Takes no lock and needs no root. On Debian it takes some 4 s of CPU and 75 MiB, in a process of its own.
absl::StatusOr<std::string> AskAptUpgrades(absl::Duration deadline);

// dnf's list of updates, a line "NAME.ARCH VERSION REPOSITORY" each; then a line "security:" and those of them that a
// security advisory names. From the system's cache, which root's dnf refreshes.
absl::StatusOr<std::string> AskDnfUpdates(absl::Duration deadline);

}  // namespace steward::agent
