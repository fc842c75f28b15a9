// Whether SELinux is on: /sys/fs/selinux.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeSelinuxProbe(Platform& platform);

}  // namespace steward::agent
