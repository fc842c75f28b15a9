// Whether what lies below a file system is encrypted: the block devices under it, down to the disks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/platform/platform.h"

namespace steward::agent {

// `device`: its name below /sys/block, "dm-0".
bool IsEncryptedDevice(Platform& platform, const std::string& device);

struct MountEncryption {
  std::string mount_point;
  bool encrypted = false;
};
// Of "/" and, if it is a file system of its own, "/home", as far as they lie on block devices. `mountinfo`: the first
// process's.
std::vector<MountEncryption> ReadEncryption(Platform& platform, std::string_view mountinfo);

}  // namespace steward::agent
