// btrfs' file systems: what they have allocated, errors of their devices, devices that are missing. /sys/fs/btrfs.
#pragma once

#include <memory>

#include "agent/probe.h"

namespace steward::agent {

// Names are node_exporter's. It reads the errors by a call on the mount point and labels them with the device; the kernel's
// files know the device by its number in the file system alone, which is the label `devid` here.
std::unique_ptr<Probe> MakeBtrfsProbe(Platform& platform);

}  // namespace steward::agent
