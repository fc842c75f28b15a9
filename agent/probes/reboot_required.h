// Whether what is installed takes effect only after a restart, and why.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/probe.h"

namespace steward::agent {

// Whether kernel release `left` is older than `right`, as rpm compares versions: piece by piece, numbers by their value, a
// number newer than a word.
bool IsOlderKernel(std::string_view left, std::string_view right);
// The newest of `installed` that is newer than `running` and of its kind ("cloud-amd64", "generic"); empty: none.
std::string NewerKernel(std::string_view running, const std::vector<std::string>& installed);

// steward_reboot_required_reason{reason}: "packages" have asked for it (/run/reboot-required), a newer "kernel" is installed,
// the running kernel's "modules" are gone. NotFound: nothing here tells, as in a container.
std::unique_ptr<Probe> MakeRebootRequiredProbe(Platform& platform);

}  // namespace steward::agent
