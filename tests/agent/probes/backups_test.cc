// The probe tells what was reported, and goes on telling it.
#include "agent/probes/backups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/platform/platform.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

class BackupsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(directory_.path() / "reports");
    auto platform = NewRecordedPlatform(directory_.path().string());
    ASSERT_TRUE(platform.ok()) << platform.status();
    platform_ = *std::move(platform);
    probe_ = MakeBackupsProbe(*platform_, "/reports");
  }
  void Write(const std::string& text) { std::ofstream(directory_.path() / "reports" / kBackupFile, std::ios::binary) << text; }

  TempDir directory_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Probe> probe_;
};

TEST_F(BackupsTest, WithoutAReportThereIsNoSource) {
  Collected collected;
  EXPECT_TRUE(absl::IsNotFound(probe_->Collect(collected)));
}

TEST_F(BackupsTest, EveryJobHasItsLastRun) {
  Write(R"({"jobs":{"db":{"ok":false,"runTime":2000,"successTime":1000,"failedRuns":3,"everySeconds":604800,"offSite":true},)"
        R"("home":{"ok":true,"runTime":3000,"successTime":3000,"bytes":5368709120,"durationMs":90500}}})");
  for (int time = 0; time < 2; ++time) {
    Collected collected;
    ASSERT_TRUE(probe_->Collect(collected).ok());
    EXPECT_EQ(collected.Integer("steward_backup_last_success{job=db}"), 0);
    EXPECT_EQ(collected.Integer("steward_backup_last_run_timestamp_seconds{job=db}"), 2000);
    EXPECT_EQ(collected.Integer("steward_backup_last_success_timestamp_seconds{job=db}"), 1000);
    EXPECT_FALSE(collected.Has("steward_backup_last_bytes{job=db}"));
    EXPECT_EQ(collected.Integer("steward_backup_failed_runs{job=db}"), 3);
    EXPECT_EQ(collected.Integer("steward_backup_planned_interval_seconds{job=db}"), 604800);
    EXPECT_EQ(collected.Integer("steward_backup_off_site{job=db}"), 1);
    EXPECT_EQ(collected.Integer("steward_backup_failed_runs{job=home}"), 0);
    EXPECT_FALSE(collected.Has("steward_backup_planned_interval_seconds{job=home}"));
    EXPECT_FALSE(collected.Has("steward_backup_off_site{job=home}"));
    EXPECT_EQ(collected.Integer("steward_backup_last_success{job=home}"), 1);
    EXPECT_EQ(collected.Integer("steward_backup_last_bytes{job=home}"), 5368709120);
    EXPECT_EQ(collected.Scaled("steward_backup_last_duration_seconds{job=home}"), 90.5);
  }
}

TEST_F(BackupsTest, AnotherTextIsSeenAndADamagedOneIsToldWithItsName) {
  Write(R"({"jobs":{"a":{"ok":true,"runTime":1}}})");
  Collected first;
  ASSERT_TRUE(probe_->Collect(first).ok());
  Write("{\"jobs\"");
  Collected second;
  const absl::Status status = probe_->Collect(second);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("/reports/backups.json"));
  Write(R"({"jobs":{"b":{"ok":false,"runTime":1}}})");
  Collected third;
  ASSERT_TRUE(probe_->Collect(third).ok());
  EXPECT_EQ(third.Integer("steward_backup_last_success{job=b}"), 0);
  EXPECT_FALSE(third.Has("steward_backup_last_success{job=a}"));
}

}  // namespace
}  // namespace steward::agent
