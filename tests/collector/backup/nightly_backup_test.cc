#include "collector/backup/nightly_backup.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/identity/certificate_authority.h"
#include "collector/storage/sqlite/sqlite_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/machine_key.h"

namespace steward::collector {
namespace {

absl::Time Utc(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d %H:%M:%S", text, absl::UTCTimeZone(), &time, &error)) << error;
  return time;
}

TEST(NextBackupTime, IsTheNextNight) {
  const auto next = [](const char* last, const char* now) {
    return NextBackupTime(Utc(last), Utc(now), absl::Hours(2.5), absl::UTCTimeZone());
  };
  EXPECT_EQ(next("2026-11-21 02:30:00", "2026-11-21 02:31:00"), Utc("2026-11-22 02:30:00"));
  EXPECT_EQ(next("2026-11-21 01:00:00", "2026-11-21 01:00:10"), Utc("2026-11-21 02:30:00"));
  EXPECT_EQ(next("2026-11-18 02:30:00", "2026-11-21 12:00:00"), Utc("2026-11-21 12:00:00")) << "missed: now";
  EXPECT_EQ(next("2030-01-01 00:00:00", "2026-11-21 12:00:00"), Utc("2026-11-21 12:00:00")) << "a clock was wrong";
  EXPECT_EQ(NextBackupTime(absl::InfinitePast(), Utc("2026-11-21 12:00:00"), absl::Hours(2), absl::UTCTimeZone()), Utc("2026-11-21 12:00:00"));
}

TEST(BackupFileName, IsReadBackAndNothingElseIs) {
  const absl::Time time = Utc("2026-11-22 02:30:07");
  EXPECT_EQ(BackupFileName(time), "steward-20261122-023007Z.backup");
  EXPECT_EQ(BackupFileTime("/x/steward-20261122-023007Z.backup"), time);
  for (const char* name : {"steward-20261122-023007Z.backup.part", "steward-.backup", "notes.txt", "steward-2026112-023007Z.backup"}) {
    EXPECT_EQ(BackupFileTime(name), absl::InfinitePast()) << name;
  }
}

class NightlyBackupTest : public testing::Test {
 protected:
  NightlyBackupTest() {
    std::filesystem::create_directory(data_);
    EXPECT_TRUE(CertificateAuthority::OpenOrCreate(data_, SystemRandom()).ok());
    storage_ = *OpenSqliteStorage(data_ / "collector.db");
    config_.keep = 2;
    nightly_ = New();
  }

  std::unique_ptr<NightlyBackup> New() {
    return std::make_unique<NightlyBackup>(NightlyBackup::Parts{config_, data_, clock_, core_.get_executor(), registry_, SystemRandom(), "1"});
  }
  // Lets the time pass and waits for a backup to end, good or bad.
  void PassAndWait(absl::Duration time) {
    clock_.Advance(time);
    core_.restart();
    core_.poll();      // the timer: the thread is begun
    core_.restart();
    auto work = boost::asio::make_work_guard(core_);
    core_.run_one_for(std::chrono::seconds(30));  // its end
  }
  double Metric(const std::string& name) {
    for (const auto& family : registry_.Collect()) {
      if (family.name != name) continue;
      const auto& metric = family.metric.front();
      return family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }
  std::size_t Count() { return ListBackups(data_ / "backups").size(); }

  const TemporaryDirectory parent_;
  const std::filesystem::path data_ = parent_.path() / "data";
  std::unique_ptr<Storage> storage_;
  BackupConfig config_;
  boost::asio::io_context core_;
  ManualClock clock_{Utc("2026-11-22 12:00:00")};
  prometheus::Registry registry_;
  std::unique_ptr<NightlyBackup> nightly_;
};

TEST_F(NightlyBackupTest, MakesOneANightAndKeepsTheNewest) {
  nightly_->Start();
  for (int night = 1; night <= 4; ++night) {
    PassAndWait(night == 1 ? NightlyBackup::kAfterStart : absl::Hours(25));
    EXPECT_EQ(Count(), static_cast<std::size_t>(std::min(night, 2)));
    EXPECT_EQ(Metric("steward_backup_last_success_timestamp_seconds"), static_cast<double>(absl::ToUnixSeconds(clock_.WallNow())));
  }
  EXPECT_GT(Metric("steward_backup_bytes"), 4096);
  EXPECT_EQ(Metric("steward_backup_failures_total"), 0);
}

TEST_F(NightlyBackupTest, TellsAFailureKeepsWhatIsThereAndTriesAgain) {
  nightly_->Start();
  PassAndWait(NightlyBackup::kAfterStart);
  ASSERT_EQ(Count(), 1u);
  const std::filesystem::path key = data_.string() + ".backup-key";
  std::filesystem::rename(key, parent_.path() / "away");
  std::ofstream(key) << "short";
  PassAndWait(absl::Hours(25));
  EXPECT_EQ(Metric("steward_backup_failures_total"), 1);
  EXPECT_EQ(Count(), 1u);
  std::filesystem::rename(parent_.path() / "away", key);
  PassAndWait(NightlyBackup::kRetry);
  EXPECT_EQ(Count(), 2u);
}

TEST_F(NightlyBackupTest, KnowsAfterARestartWhatIsThere) {
  nightly_->Start();
  PassAndWait(NightlyBackup::kAfterStart);
  const double made = Metric("steward_backup_last_success_timestamp_seconds");
  nightly_ = nullptr;
  const std::unique_ptr<NightlyBackup> next = New();
  next->Start();
  EXPECT_EQ(Metric("steward_backup_last_success_timestamp_seconds"), made);
  clock_.Advance(NightlyBackup::kAfterStart);
  core_.restart();
  core_.poll();
  EXPECT_EQ(Count(), 1u) << "none is due";
}

}  // namespace
}  // namespace steward::collector
