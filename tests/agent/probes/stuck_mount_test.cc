// A file system that does not answer: the probe returns in time, says so, and the others are reported.
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "agent/platform/mount_watch.h"
#include "agent/platform/platform.h"
#include "agent/probes/filesystem.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

// A machine with three mounts, one of which hangs until the gate opens.
class StuckPlatform final : public Platform {
 public:
  explicit StuckPlatform(std::shared_future<void> gate)
      : watch_([gate](const std::string& mount_point) -> absl::StatusOr<FileSystemStats> {
          if (mount_point == "/srv/nas") gate.wait();
          FileSystemStats stats;
          stats.block_size = 4096;
          stats.blocks = 10;
          return stats;
        }) {}

  absl::Status ReadFile(std::string_view path, std::string& content) override {
    if (path != "/proc/1/mountinfo") return absl::NotFoundError("no such file");
    content =
        "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        "2 1 0:9 / /srv/nas rw shared:2 - nfs nas:/export rw\n"
        "3 1 8:2 / /srv/data rw shared:3 - xfs /dev/sdb1 ro\n";
    return absl::OkStatus();
  }
  absl::Status ListDirectory(std::string_view, std::vector<std::string>&) override { return Absent(); }
  absl::StatusOr<std::string> RealPath(std::string_view) override { return Absent(); }
  bool Exists(std::string_view) override { return false; }
  absl::StatusOr<FileAttributes> Attributes(std::string_view) override { return Absent(); }
  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points,
                                                               absl::Duration deadline) override {
    return watch_.Stat(mount_points, deadline);
  }
  absl::StatusOr<SystemName> Name() override { return Absent(); }
  absl::StatusOr<ClockDiscipline> Discipline() override { return Absent(); }
  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override { return Absent(); }
  absl::StatusOr<std::int64_t> PageSizeBytes() override { return Absent(); }
  absl::StatusOr<absl::Time> WallTime() override { return Absent(); }
  absl::StatusOr<TimeZone> LocalTimeZone() override { return Absent(); }
  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override { return Absent(); }
  absl::StatusOr<std::string> RunTool(Tool, absl::Duration) override { return Absent(); }
  absl::StatusOr<CheckResult> RunCheck(std::string_view, absl::Duration) override { return Absent(); }

 private:
  static absl::Status Absent() { return absl::NotFoundError("not here"); }

  MountWatch watch_;
};

constexpr char kRoot[] = "{device=/dev/sda1,fstype=ext4,mountpoint=/}";
constexpr char kNas[] = "{device=nas:/export,fstype=nfs,mountpoint=/srv/nas}";
constexpr char kData[] = "{device=/dev/sdb1,fstype=xfs,mountpoint=/srv/data}";

TEST(StuckMount, IsReportedAsDeviceErrorAndDelaysOnlyOnce) {
  std::promise<void> gate;
  StuckPlatform platform(gate.get_future().share());
  const auto probe = MakeFilesystemProbe(platform);
  Collected first;
  ASSERT_TRUE(probe->Collect(first).ok());
  EXPECT_EQ(first.Integer(std::string("node_filesystem_device_error") + kNas), 1);
  EXPECT_FALSE(first.Has(std::string("node_filesystem_size_bytes") + kNas));
  EXPECT_EQ(first.Integer(std::string("node_filesystem_size_bytes") + kRoot), 40960);
  EXPECT_EQ(first.Integer(std::string("node_filesystem_size_bytes") + kData), 40960);
  EXPECT_EQ(first.Integer(std::string("node_filesystem_readonly") + kData), 1) << "by the super block, not the mount";

  // From now on it costs nothing: waiting again each time would take ten deadlines.
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < 10; ++round) {
    Collected next;
    ASSERT_TRUE(probe->Collect(next).ok());
    EXPECT_EQ(next.Integer(std::string("node_filesystem_device_error") + kNas), 1);
    EXPECT_EQ(next.Integer(std::string("node_filesystem_device_error") + kRoot), 0);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, absl::ToChronoNanoseconds(5 * kFileSystemDeadline));
  gate.set_value();
}

}  // namespace
}  // namespace steward::agent
