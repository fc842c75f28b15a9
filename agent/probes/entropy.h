// The kernel's random pool: /proc/sys/kernel/random.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeEntropyProbe(Platform& platform);

}  // namespace steward::agent
