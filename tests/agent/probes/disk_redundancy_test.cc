// A failing disk is worse where nothing else holds its data; where that cannot be told, nothing is said.
#include "agent/probes/disk_redundancy.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/agent/probes/answering_platform.h"

namespace steward::agent {
namespace {

class DiskRedundancyTest : public testing::Test {
 protected:
  void Disk(std::string_view name) { machine_.files[StrCat("/sys/block/", name, "/device/model")] = "A disk\n"; }
  // `path` below /sys/block; what is on it by udev, or who holds it.
  void Device(std::string_view path, std::string_view type, std::string_view holder = "") {
    const std::string name(path.substr(path.rfind('/') + 1));
    const std::string minor = StrCat(++minor_);
    StrAppend(&machine_.files["/proc/diskstats"], "   8   ", minor, " ", name, " 1 2 3\n");
    machine_.files[StrCat("/sys/block/", path, "/size")] = "100\n";
    machine_.files["/run/udev/data/b8:" + minor] =
        StrCat("S:disk/by-id/x\n", type.empty() ? "" : StrCat("E:ID_FS_TYPE=", type, "\nE:ID_FS_USAGE=x\n"));
    if (!holder.empty()) machine_.files[StrCat("/sys/block/", path, "/holders/", holder, "/dev")] = "9:0\n";
  }
  std::optional<bool> Redundant(const std::string& disk) { return DiskRedundancy(machine_).Of(disk); }

  AnsweringPlatform machine_;
  int minor_ = 0;
};

TEST_F(DiskRedundancyTest, APlainDiskIsAlone) {
  Disk("sda");
  Device("sda", "");
  Device("sda/sda1", "vfat");
  Device("sda/sda2", "ext4");
  EXPECT_EQ(Redundant("sda"), false);
}

TEST_F(DiskRedundancyTest, AMemberOfAMirrorIsNotAndOneOfAStripeIs) {
  Disk("nvme0n1");
  Device("nvme0n1", "");
  Device("nvme0n1/nvme0n1p1", "vfat");
  Device("nvme0n1/nvme0n1p2", "linux_raid_member", "md0");
  Device("md0", "ext4");
  machine_.files["/sys/block/md0/md/level"] = "raid1\n";
  EXPECT_EQ(Redundant("nvme0n1"), true);
  machine_.files["/sys/block/md0/md/degraded"] = "1\n";
  EXPECT_EQ(Redundant("nvme0n1"), false) << "the other half is lost already";
  machine_.files["/sys/block/md0/md/level"] = "raid6\n";
  EXPECT_EQ(Redundant("nvme0n1"), true);
  machine_.files["/sys/block/md0/md/level"] = "raid0\n";
  EXPECT_EQ(Redundant("nvme0n1"), false);
}

TEST_F(DiskRedundancyTest, WhatIsAloneBesideAMirrorCounts) {
  Disk("sda");
  Device("sda", "");
  Device("sda/sda1", "linux_raid_member", "md0");
  Device("sda/sda2", "xfs");
  machine_.files["/sys/block/md0/md/level"] = "raid1\n";
  EXPECT_EQ(Redundant("sda"), false);
}

TEST_F(DiskRedundancyTest, VolumesAndEncryptionAreLookedThrough) {
  Disk("sda");
  Device("sda", "crypto_LUKS", "dm-0");
  Device("dm-0", "LVM2_member", "dm-1");
  Device("dm-1", "", "dm-2");
  machine_.files["/sys/block/dm-1/dm/name"] = "vg-data_rimage_0\n";
  EXPECT_EQ(Redundant("sda"), true);
  machine_.files["/sys/block/dm-1/dm/name"] = "vg-data\n";
  Device("dm-2", "ext4");
  EXPECT_EQ(Redundant("sda"), false);
}

TEST_F(DiskRedundancyTest, WhatOnlyAFileSystemKnowsIsNotTold) {
  Disk("sda");
  Device("sda", "zfs_member");
  EXPECT_EQ(Redundant("sda"), std::nullopt);
  Disk("sdb");
  Device("sdb", "");
  EXPECT_EQ(Redundant("sdb"), std::nullopt) << "nothing is on it";
  machine_.files.erase("/run/udev/data/b8:2");
  EXPECT_EQ(Redundant("sdb"), std::nullopt) << "no udev";
  EXPECT_EQ(Redundant("sda2"), std::nullopt);
}

}  // namespace
}  // namespace steward::agent
