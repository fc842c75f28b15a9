// NVMe drives: /sys/class/nvme.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeNvmeProbe(Platform& platform);

}  // namespace steward::agent
