// Temperatures and cooling the firmware knows: /sys/class/thermal.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeThermalProbe(Platform& platform);

}  // namespace steward::agent
