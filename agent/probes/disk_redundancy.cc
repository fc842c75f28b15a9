#include "agent/probes/disk_redundancy.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr int kLayersMax = 8;  // devices on each other

// As the kernel names the levels that stand the loss of a disk (md(4)).
constexpr std::array<std::string_view, 5> kRedundantLevels = {"raid1", "raid4", "raid5", "raid6", "raid10"};
// Members of what tells no holder: the file systems' own pools, or an array that is not assembled.
constexpr std::array<std::string_view, 5> kNotKnown = {"zfs_member", "btrfs", "linux_raid_member", "ddf_raid_member", "isw_raid_member"};
// Nobody misses what is on these.
constexpr std::array<std::string_view, 2> kNoData = {"swap", "vfat"};

template <std::size_t N>
bool IsOneOf(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// "   8       1 sda1 ...".
DiskRedundancy::DiskRedundancy(Platform& platform) : platform_(platform) {
  std::string content;
  if (!platform_.ReadFile("/proc/diskstats", content).ok()) return;
  std::string_view text = content, line;
  while (NextLine(text, line)) {
    std::string_view major, minor, device;
    if (NextField(line, major) && NextField(line, minor) && NextField(line, device)) {
      numbers_[std::string(device)] = StrCat(major, ":", minor);
    }
  }
}

std::optional<bool> DiskRedundancy::Of(const std::string& disk) {
  const Data data = OfDisk(disk);
  if (data == Data::kNone || data == Data::kUnknown) return std::nullopt;
  return data == Data::kRedundant;
}

DiskRedundancy::Data DiskRedundancy::OfDisk(const std::string& disk) {
  const std::string directory = StrCat("/sys/block/", disk);
  Data data = Data::kNone;
  bool has_partitions = false;
  // A partition's name begins with its disk's, and they stand behind it.
  for (auto part = numbers_.upper_bound(disk); part != numbers_.end() && part->first.starts_with(disk); ++part) {
    const std::string of_part = StrCat(directory, "/", part->first);
    if (!platform_.Exists(of_part)) continue;
    has_partitions = true;
    data = std::max(data, OfDevice(part->first, of_part, kLayersMax));
  }
  return has_partitions ? data : OfDevice(disk, directory, kLayersMax);
}

DiskRedundancy::Data DiskRedundancy::OfDevice(const std::string& device, const std::string& directory, int layers) {
  std::vector<std::string> holders;
  if (layers == 0) return Data::kUnknown;
  if (!platform_.ListDirectory(directory + "/holders", holders).ok() || holders.empty()) return OfContent(device);
  Data data = Data::kNone;
  for (const std::string& holder : holders) data = std::max(data, OfHolder(holder, layers - 1));
  return data;
}

DiskRedundancy::Data DiskRedundancy::OfHolder(const std::string& holder, int layers) {
  const std::string directory = StrCat("/sys/block/", holder);
  AttributeReader attributes(platform_);
  if (const auto level = attributes.Text(directory, "md/level"); level && IsOneOf(kRedundantLevels, *level)) {
    const std::int64_t spare_disks = *level == "raid6" ? 2 : 1;
    return attributes.Integer(directory, "md/degraded").value_or(0) < spare_disks ? Data::kRedundant : Data::kAlone;
  }
  // LVM's RAID and mirrors are made of volumes of their own.
  if (const auto name = attributes.Text(directory, "dm/name");
      name && (name->find("_rimage_") != std::string_view::npos || name->find("_rmeta_") != std::string_view::npos ||
               name->find("_mimage_") != std::string_view::npos)) {
    return Data::kRedundant;
  }
  return OfDevice(holder, directory, layers);
}

// By what udev has found there: "E:ID_FS_TYPE=ext4".
DiskRedundancy::Data DiskRedundancy::OfContent(const std::string& device) {
  std::string udev;
  const auto number = numbers_.find(device);
  if (number == numbers_.end() || !platform_.ReadFile(StrCat("/run/udev/data/b", number->second), udev).ok()) return Data::kUnknown;
  std::string_view text = udev, line;
  while (NextLine(text, line)) {
    constexpr std::string_view kType = "E:ID_FS_TYPE=";
    if (!line.starts_with(kType)) continue;
    const std::string_view type = line.substr(kType.size());
    if (IsOneOf(kNotKnown, type)) return Data::kUnknown;
    return IsOneOf(kNoData, type) ? Data::kNone : Data::kAlone;
  }
  return Data::kNone;  // free, or a boot loader's
}

}  // namespace steward::agent
