// How well the machine is guarded: firewall, encryption of the disks, SSH server, listeners, antivirus, screen lock, Secure
// Boot, mandatory access control. What cannot be known here has no series; the inventory's group "posture" says why.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

inline constexpr absl::Duration kPostureDeadline = absl::Seconds(10);  // for each tool

std::unique_ptr<Probe> MakePostureProbe(Platform& platform);

}  // namespace steward::agent
