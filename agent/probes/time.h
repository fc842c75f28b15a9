// The clock, its time zone, source and discipline.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeTimeProbe(Platform& platform);

}  // namespace steward::agent
