// What network interfaces are and how they are set: /sys/class/net.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeNetclassProbe(Platform& platform);

}  // namespace steward::agent
