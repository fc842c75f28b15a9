// Energy the processors used: /sys/class/powercap.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeRaplProbe(Platform& platform);

}  // namespace steward::agent
