// What LVM tells of its volumes: lvs.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

// The block devices below LVM's active volumes, "/dev/sda2", sorted. lvs is told to look at these alone: to look for volumes
// it would read from every disk of the machine and wake those that sleep.
std::vector<std::string> DevicesOfLvm(const RootedFiles& files);

// lvs' own JSON. NotFound: no active volume, or no lvs.
absl::StatusOr<std::string> AskLvm(const RootedFiles& files, const std::string& lvs, absl::Duration deadline);

}  // namespace steward::agent
