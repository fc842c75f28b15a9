// Kernel and host name: uname(2).
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeUnameProbe(Platform& platform);

}  // namespace steward::agent
