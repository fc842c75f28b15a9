// Whether what is on a disk is lost with it: what lies on its partitions, up through LVM, encryption and multipath.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/platform/platform.h"

namespace steward::agent {

// As of its making. Reads who holds a block device (sysfs) and what udev found on it.
class DiskRedundancy {
 public:
  explicit DiskRedundancy(Platform& platform);

  // By the disk's name, "sda". True: all its data is also on other disks (RAID); false: some is on it alone. Nothing: it has
  // none, or only a file system knows (ZFS, btrfs over several disks).
  std::optional<bool> Of(const std::string& disk);

 private:
  enum class Data { kNone, kRedundant, kUnknown, kAlone };  // the later one counts where there are several

  Data OfDisk(const std::string& disk);
  Data OfDevice(const std::string& device, const std::string& directory, int layers);
  Data OfHolder(const std::string& holder, int layers);
  Data OfContent(const std::string& device);

  Platform& platform_;
  std::map<std::string, std::string> numbers_;  // "8:1" by "sda1"
};

}  // namespace steward::agent
