// What keeps data on more than one disk tells when it no longer does: md, LVM, ZFS, btrfs.
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/btrfs.h"
#include "agent/probes/lvm.h"
#include "agent/probes/mdadm.h"
#include "agent/probes/zfs.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

class RedundancyTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const fs::path file = root_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  absl::Status Collect(std::unique_ptr<Probe> (*make)(Platform&)) {
    platform_ = *NewRecordedPlatform(root_.path().string());
    collected = Collected();
    probe_ = make(*platform_);
    return probe_->Collect(collected);
  }

  TempDir root_;
  Collected collected;

 private:
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Probe> probe_;  // owns what the samples' metrics are
};

TEST_F(RedundancyTest, MdTellsWhatTheLastCheckFound) {
  Write("proc/mdstat",
        "Personalities : [raid1] [raid0]\nmd0 : active raid1 sdb1[1](F) sda1[0]\n      1000 blocks super 1.2 [2/1] [U_]\n      \n"
        "md1 : active raid0 sdc1[1] sdd1[0]\n      2000 blocks super 1.2 512k chunks\n      \nunused devices: <none>\n");
  Write("sys/block/md0/md/degraded", "1\n");
  Write("sys/block/md0/md/mismatch_cnt", "1152\n");
  ASSERT_TRUE(Collect(&MakeMdadmProbe).ok());
  EXPECT_EQ(collected.Integer("node_md_disks{device=md0,state=failed}"), 1);
  EXPECT_EQ(collected.Integer("node_md_degraded{device=md0}"), 1);
  EXPECT_EQ(collected.Integer("steward_md_mismatch_sectors{device=md0}"), 1152);
  EXPECT_FALSE(collected.Has("node_md_degraded{device=md1}")) << "has no redundancy to lose";
}

TEST_F(RedundancyTest, ZfsTellsTheStateOfEachPool) {
  EXPECT_TRUE(absl::IsNotFound(Collect(&MakeZfsProbe)));
  Write("proc/spl/kstat/zfs/arcstats", "1 2\n");
  EXPECT_TRUE(absl::IsNotFound(Collect(&MakeZfsProbe)));
  Write("proc/spl/kstat/zfs/tank/state", "DEGRADED\n");
  Write("proc/spl/kstat/zfs/backup/state", "ONLINE\n");
  Write("proc/spl/kstat/zfs/odd/state", "\xff\n");
  ASSERT_TRUE(Collect(&MakeZfsProbe).ok());
  EXPECT_EQ(collected.Integer("node_zfs_zpool_state{state=degraded,zpool=tank}"), 1);
  EXPECT_EQ(collected.Integer("node_zfs_zpool_state{state=online,zpool=tank}"), 0);
  EXPECT_EQ(collected.Integer("node_zfs_zpool_state{state=online,zpool=backup}"), 1);
  EXPECT_EQ(collected.Integer("node_zfs_zpool_state{state=online,zpool=odd}"), 0);
}

TEST_F(RedundancyTest, BtrfsTellsErrorsAndMissingDevices) {
  Write("sys/fs/btrfs/features/raid1c34", "0\n");
  EXPECT_TRUE(absl::IsNotFound(Collect(&MakeBtrfsProbe)));
  const std::string uuid = "0abb23a9-579b-43e6-ad30-227ef47fcb9d";
  const std::string place = "sys/fs/btrfs/" + uuid;
  Write(place + "/label", "data\n");
  Write(place + "/allocation/global_rsv_size", "16777216\n");
  Write(place + "/allocation/data/bytes_reserved", "0\n");
  Write(place + "/allocation/data/raid5/used_bytes", "808189952\n");
  Write(place + "/allocation/data/raid5/total_bytes", "2147483648\n");
  Write(place + "/allocation/metadata/bytes_reserved", "garbage\n");
  Write(place + "/commit_stats", "commits 27\nlast_commit_ms 12\nmax_commit_ms 1500\ntotal_commit_ms 9000\n");
  for (const char* device : {"sda1", "sdb1", "sdc1"}) Write(place + "/devices/" + device + "/size", "20971520\n");
  Write(place + "/devinfo/1/missing", "0\n");
  Write(place + "/devinfo/1/error_stats", "write_errs 0\nread_errs 3\nflush_errs 0\ncorruption_errs 12\ngeneration_errs x\n");
  Write(place + "/devinfo/2/missing", "1\n");
  ASSERT_TRUE(Collect(&MakeBtrfsProbe).ok());
  EXPECT_EQ(collected.Integer("node_btrfs_info{label=data,uuid=" + uuid + "}"), 1);
  EXPECT_EQ(collected.Integer("node_btrfs_used_bytes{block_group_type=data,mode=raid5,uuid=" + uuid + "}"), 808189952);
  EXPECT_EQ(collected.doubles.at("node_btrfs_allocation_ratio{block_group_type=data,mode=raid5,uuid=" + uuid + "}"), 1.5);
  EXPECT_EQ(collected.Scaled("node_btrfs_device_size_bytes{device=sda1,uuid=" + uuid + "}"), 20971520.0 * 512);
  EXPECT_EQ(collected.Scaled("node_btrfs_max_commit_seconds{uuid=" + uuid + "}"), 1.5);
  EXPECT_EQ(collected.Integer("node_btrfs_device_errors_total{devid=1,type=corruption,uuid=" + uuid + "}"), 12);
  EXPECT_FALSE(collected.Has("node_btrfs_device_errors_total{devid=1,type=generation,uuid=" + uuid + "}"));
  EXPECT_EQ(collected.Integer("steward_btrfs_device_missing{devid=1,uuid=" + uuid + "}"), 0);
  EXPECT_EQ(collected.Integer("steward_btrfs_device_missing{devid=2,uuid=" + uuid + "}"), 1);
}

constexpr char kVolumes[] = R"({"report":[{"lv":[
  {"vg_name":"vg0","lv_name":"root","lv_attr":"-wi-ao----","lv_health_status":"","data_percent":"","metadata_percent":"","copy_percent":""},
  {"vg_name":"vg0","lv_name":"pool","lv_attr":"twi-aotzD-","lv_health_status":"out_of_data","data_percent":"100.00","metadata_percent":"41.27","copy_percent":""},
  {"vg_name":"vg0","lv_name":"thin","lv_attr":"Vwi-aotz--","lv_health_status":"","data_percent":"12.50","metadata_percent":"","copy_percent":""},
  {"vg_name":"vg0","lv_name":"snap","lv_attr":"swi-a-s---","lv_health_status":"","data_percent":"88.9","metadata_percent":"","copy_percent":""},
  {"vg_name":"vg1","lv_name":"mirror","lv_attr":"rwi-aor-p-","lv_health_status":"partial","data_percent":"","metadata_percent":"","copy_percent":"62.50"}]}]})";

TEST_F(RedundancyTest, LvmTellsWhatIsPartialAndWhatFills) {
  Write("sys/block/dm-0/dm/uuid", "LVM-x\n");
  Write("steward/syscalls.json",
        boost::json::serialize(boost::json::value{{"tools", {{"lvm", {{"output", kVolumes}}}}}}));
  ASSERT_TRUE(Collect(&MakeLvmProbe).ok());
  EXPECT_EQ(collected.Integer("steward_lvm_volume_healthy{lv_name=root,vg_name=vg0}"), 1);
  EXPECT_EQ(collected.Integer("steward_lvm_volume_healthy{lv_name=pool,vg_name=vg0}"), 0);
  EXPECT_EQ(collected.Integer("steward_lvm_volume_trouble{lv_name=mirror,status=partial,vg_name=vg1}"), 1);
  EXPECT_EQ(collected.Scaled("steward_lvm_data_used_ratio{lv_name=pool,vg_name=vg0}"), 1);
  EXPECT_EQ(collected.Scaled("steward_lvm_metadata_used_ratio{lv_name=pool,vg_name=vg0}"), 0.4127);
  EXPECT_EQ(collected.Scaled("steward_lvm_data_used_ratio{lv_name=snap,vg_name=vg0}"), 0.889);
  EXPECT_FALSE(collected.Has("steward_lvm_data_used_ratio{lv_name=thin,vg_name=vg0}")) << "a thin volume may be full";
  EXPECT_EQ(collected.Scaled("steward_lvm_synchronised_ratio{lv_name=mirror,vg_name=vg1}"), 0.625);
}

TEST_F(RedundancyTest, WithoutVolumesLvmIsNotAsked) {
  Write("sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-x\n");
  EXPECT_TRUE(absl::IsNotFound(Collect(&MakeLvmProbe)));
}

TEST(Lvm, DamagedOutputIsToldOrLeftOut) {
  Collected collected;
  EXPECT_TRUE(absl::IsDataLoss(ParseLvm("", collected)));
  EXPECT_TRUE(absl::IsDataLoss(ParseLvm("  WARNING: Couldn't find device\n", collected)));
  EXPECT_TRUE(absl::IsDataLoss(ParseLvm("[]", collected)));
  EXPECT_TRUE(ParseLvm(R"({"report":7})", collected).ok());
  EXPECT_TRUE(ParseLvm(R"({"report":[1,{"lv":[2,{"lv_name":"a"},{"lv_name":3,"vg_name":"v"}]}]})", collected).ok());
  EXPECT_TRUE(collected.integers.empty());
}

}  // namespace
}  // namespace steward::agent
