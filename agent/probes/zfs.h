// ZFS' pools: /proc/spl/kstat/zfs.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeZfsProbe(Platform& platform);

}  // namespace steward::agent
