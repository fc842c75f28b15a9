// Batteries and mains: /sys/class/power_supply.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakePowerSupplyProbe(Platform& platform);

}  // namespace steward::agent
