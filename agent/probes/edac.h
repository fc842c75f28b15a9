// Memory errors that ECC counted: /sys/devices/system/edac.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeEdacProbe(Platform& platform);

}  // namespace steward::agent
