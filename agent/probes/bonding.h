// Bonded network interfaces and how many of their members work: /sys/class/net/<bond>/bonding.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeBondingProbe(Platform& platform);

}  // namespace steward::agent
