#include "collector/rules/file_systems.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Mount {
  std::string mountpoint, device, type;
  std::optional<double> size, free, avail, read_only;
};

class FileSystemTrackerTest : public ::testing::Test {
 protected:
  std::vector<std::string> MountPoints(const std::vector<Mount>& mounts) {
    Observation observation;
    observation.machine = std::make_shared<const MachineRecord>();
    observation.time = now_ += absl::Seconds(15);
    v1::DescriptorSet set;
    v1::ProbeGroup& group = *set.add_groups();
    group.set_id(1);
    group.set_name("filesystem");
    group.set_interval_ms(15000);
    ObservedGroup values;
    values.group = 1;
    std::uint32_t id = 0;
    for (const Mount& mount : mounts) {
      const std::pair<const char*, std::optional<double>> metrics[] = {{"node_filesystem_avail_bytes", mount.avail},
                                                                       {"node_filesystem_free_bytes", mount.free},
                                                                       {"node_filesystem_readonly", mount.read_only},
                                                                       {"node_filesystem_size_bytes", mount.size}};
      for (const auto& [metric, value] : metrics) {
        v1::SeriesDescriptor& series = *set.add_series();
        series.set_id(++id);
        series.set_group(1);
        series.set_metric(metric);
        series.set_type(v1::METRIC_TYPE_GAUGE);
        series.set_kind(v1::VALUE_KIND_INTEGER);
        for (const auto& [name, text] :
             {std::pair{"device", mount.device}, {"fstype", mount.type}, {"mountpoint", mount.mountpoint}}) {
          v1::Label& label = *series.add_labels();
          label.set_name(name);
          label.set_value(text);
        }
        if (value) values.values.push_back({id, *value});
      }
    }
    observation.epoch = ++epoch_;
    auto table = std::make_shared<wire::DescriptorTable>();
    set.set_epoch(observation.epoch);
    EXPECT_TRUE(table->Add(set).ok());
    observation.descriptors = std::move(table);
    observation.groups.push_back(std::move(values));
    found_.assign(tracker_.Update(observation).begin(), tracker_.Update(observation).end());
    std::vector<std::string> names;
    for (const FileSystem& fs : found_) names.push_back(fs.mountpoint);
    return names;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'772'438'400);
  std::uint64_t epoch_ = 0;
  FileSystemTracker tracker_;
  std::vector<FileSystem> found_;
};

TEST_F(FileSystemTrackerTest, PutsTheSeriesOfEachMountTogether) {
  EXPECT_THAT(MountPoints({{"/", "/dev/sda1", "ext4", 100e9, 45e9, 40e9, 0}, {"/data", "/dev/sdb1", "xfs", 1e12, 5e11, 5e11, 0}}),
              ElementsAre("/", "/data"));
  EXPECT_EQ(found_[0].size, 100e9);
  EXPECT_EQ(found_[0].avail, 40e9);
  EXPECT_NEAR(found_[0].UsedPercent(), 100 * 55.0 / 95.0, 1e-9);  // as df shows it
}

TEST_F(FileSystemTrackerTest, OneDeviceMountedTwiceIsOneFileSystem) {
  EXPECT_THAT(MountPoints({{"/var/lib/data/bind", "/dev/sda1", "ext4", 1e9, 1e8, 1e8, 0}, {"/srv", "/dev/sda1", "ext4", 1e9, 1e8, 1e8, 0}}),
              ElementsAre("/srv"));
}

TEST_F(FileSystemTrackerTest, LeavesOutWhatIsReadOnlyForeignOrIncomplete) {
  EXPECT_THAT(MountPoints({{"/ro", "/dev/sda1", "ext4", 1e9, 1e8, 1e8, 1},
                           {"/nas", "nas:/share", "nfs4", 1e9, 1e8, 1e8, 0},
                           {"/run", "tmpfs", "tmpfs", 1e9, 1e8, 1e8, 0},
                           {"/media/stick", "/dev/sdc1", "vfat", 1e9, 1e8, 1e8, 0},
                           {"/half", "/dev/sdd1", "ext4", 1e9, 1e8, std::nullopt, 0},
                           {"/none", "/dev/sde1", "ext4", 0, 0, 0, 0}}),
              IsEmpty());
}

TEST_F(FileSystemTrackerTest, ItsMemorySurvivesARestart) {
  for (int i = 0; i < 100; ++i) MountPoints({{"/mit \"Leer\"zeichen", "/dev/sda1", "ext4", 1e9, 1e8, 1e8, 0}});
  FileSystemTracker read;
  read.Decode(tracker_.Encode());
  EXPECT_EQ(read.Encode(), tracker_.Encode());
  read.Decode("rubbish\n!! 1;2;3\n");
}

}  // namespace
}  // namespace steward::collector
