// How fast the processors run and whether heat slowed them down: /sys/devices/system/cpu.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeCpufreqProbe(Platform& platform);

}  // namespace steward::agent
