// What disks are: names and serial numbers from udev's database.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

std::unique_ptr<Probe> MakeDiskInfoProbe(Platform& platform);

}  // namespace steward::agent
