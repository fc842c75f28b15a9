// Maker, model and firmware: /sys/class/dmi/id.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeDmiProbe(Platform& platform);

}  // namespace steward::agent
