// What network interfaces are and how they are set: /sys/class/net. In two probes, as most of it hardly ever changes
// and each value is a file of its own.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

// Link and speed, each cycle.
std::unique_ptr<Probe> MakeNetclassProbe(Platform& platform);
// Addresses, numbers and settings, each minute.
std::unique_ptr<Probe> MakeNetclassInfoProbe(Platform& platform);

}  // namespace steward::agent
