#include "collector/storage_health.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

class StorageHealthTest : public testing::Test {
 protected:
  double Metric(const std::string& name, const std::string& kind = "") {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        if (kind.empty() || (metric.label.size() == 1 && metric.label.front().value == kind)) return metric.gauge.value;
      }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  std::optional<DiskRoom> room_ = DiskRoom{800 * kMiB, 2000 * kMiB};
  prometheus::Registry registry_;
  StorageHealth health_{"/srv/collector.db", [this] { return room_; }, registry_};
};

TEST_F(StorageHealthTest, SaysWhatIsWrongUntilAWriteIsTaken) {
  EXPECT_TRUE(health_.Ready().ok());
  room_->free_bytes = 20'000;
  health_.Tried(absl::ResourceExhaustedError("no space left for /srv/collector.db; free space and it goes on"));
  EXPECT_TRUE(health_.failing());
  EXPECT_THAT(std::string(health_.Ready().message()), testing::AllOf(HasSubstr("20 KiB"), HasSubstr("/srv/collector.db"), HasSubstr("free space")));
  EXPECT_EQ(Metric("steward_storage_fault", "disk_full"), 1);
  EXPECT_EQ(Metric("steward_storage_fault", "damaged"), 0);
  health_.Tried(absl::OkStatus());
  EXPECT_TRUE(health_.failing()) << "a small write found a place on the full disk";
  room_->free_bytes = 10 * kMiB;
  health_.Tried(absl::OkStatus());
  EXPECT_TRUE(health_.Ready().ok());
  EXPECT_EQ(Metric("steward_storage_fault", "disk_full"), 0);
}

TEST_F(StorageHealthTest, SeesAFullDiskBeforeAnybodyWrites) {
  health_.Look();
  EXPECT_TRUE(health_.Ready().ok());
  room_->free_bytes = 0;
  health_.Look();
  EXPECT_THAT(std::string(health_.Ready().message()), HasSubstr("no space left for /srv/collector.db"));
}

TEST_F(StorageHealthTest, WarnsOfLittleRoomAndNotAtEveryByte) {
  health_.Look();
  EXPECT_EQ(Metric("steward_storage_free_bytes"), 800.0 * kMiB);
  EXPECT_EQ(Metric("steward_storage_low_space"), 0);
  room_->free_bytes = 199 * kMiB;  // a tenth is 200
  health_.Look();
  EXPECT_EQ(Metric("steward_storage_low_space"), 1);
  EXPECT_TRUE(health_.Ready().ok());
  room_->free_bytes = 240 * kMiB;
  health_.Look();
  EXPECT_EQ(Metric("steward_storage_low_space"), 1);
  room_->free_bytes = 260 * kMiB;
  health_.Look();
  EXPECT_EQ(Metric("steward_storage_low_space"), 0);
}

TEST_F(StorageHealthTest, TellsDamageFromAFullDisk) {
  health_.Tried(absl::DataLossError("collector.db is damaged"));
  EXPECT_EQ(Metric("steward_storage_fault", "damaged"), 1);
  health_.Tried(absl::UnavailableError("held by another program"));
  EXPECT_EQ(Metric("steward_storage_fault", "damaged"), 0);
  EXPECT_EQ(Metric("steward_storage_fault", "unavailable"), 1);
}

TEST_F(StorageHealthTest, LivesWithADiskThatDoesNotTell) {
  room_ = std::nullopt;
  health_.Look();
  health_.Tried(absl::ResourceExhaustedError("full"));
  health_.Tried(absl::OkStatus());
  EXPECT_TRUE(health_.Ready().ok());
}

}  // namespace
}  // namespace steward::collector
