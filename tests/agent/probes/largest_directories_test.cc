// When directories are counted, and what is said of them.
#include "agent/probes/largest_directories.h"

#include <gtest/gtest.h>

#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

constexpr std::string_view kAnswer =
    "/\t38100000000\t/var/lib/docker\n"
    "/\t12300000000\t/var/log\n"
    "/\t2000000000\t/\n"
    "/srv\tpart\n"
    "/srv\t900000000\t/srv/two words\n";

TEST(ParseLargestDirectories, IsASentenceAFileSystem) {
  const std::vector<Note> notes = ParseLargestDirectories(kAnswer);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].key, "/");
  EXPECT_EQ(notes[0].text, "38.1 GB /var/lib/docker, 12.3 GB /var/log, 2.00 GB in the rest of /");
  EXPECT_EQ(notes[1].text, "900 MB /srv/two words (not all could be counted)");
}

TEST(ParseLargestDirectories, WhatIsNotUnderstoodIsLeftOut) {
  for (const std::string_view text : {"", "\n", "\t", "/", "/\t", "/\t\t", "/\tx\t/a", "\t1\t/a", "/\tpart", "/\t1", "/\tpart\t/a"}) {
    EXPECT_TRUE(ParseLargestDirectories(text).empty()) << text;
  }
}

class LargestDirectoriesProbeTest : public testing::Test {
 protected:
  LargestDirectoriesProbeTest() {
    platform_.files["/proc/1/mountinfo"] = "22 1 253:0 / / rw - ext4 /dev/sda1 rw\n30 22 0:40 / /far rw - nfs far:/ rw\n";
    platform_.tools[Tool::kLargestDirectories] = std::string(kAnswer);
    settings_.notes = std::make_shared<NoteBoard>();
    Left(0.02);
    platform_.file_systems["/far"] = {4096, 1'000'000, 0, 0, 0, 0};
  }
  void Left(double share) {
    const auto left = static_cast<std::uint64_t>(share * 10'000'000);
    platform_.file_systems["/"] = {4096, 10'000'000, left, left, 0, 0};
  }
  absl::Status Look(absl::Duration later = kSpaceInterval) {
    if (!probe_) probe_ = MakeLargestDirectoriesProbe(platform_, settings_);
    platform_.now += later;
    Collected collected;
    return probe_->Collect(collected);
  }
  int asked() { return platform_.asked[Tool::kLargestDirectories]; }

  AnsweringPlatform platform_;
  ProbeSettings settings_;
  std::unique_ptr<Probe> probe_;
};

TEST_F(LargestDirectoriesProbeTest, CountsOnceADayWhileADiskIsNearlyFull) {
  Left(0.5);
  EXPECT_TRUE(Look().ok());
  EXPECT_EQ(asked(), 0);
  Left(0.02);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(settings_.notes->groups()["space"][0].key, "/");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Look().ok());
  EXPECT_EQ(asked(), 1);
  ASSERT_TRUE(Look(absl::Hours(8)).ok());
  EXPECT_EQ(asked(), 2);
  Left(0.5);
  EXPECT_TRUE(Look().ok());
  EXPECT_TRUE(settings_.notes->groups()["space"].empty()) << "it is no longer full";
}

TEST_F(LargestDirectoriesProbeTest, CountsAgainAfterAnHourIfItFills) {
  Left(0.05);
  ASSERT_TRUE(Look().ok());
  Left(0.02);
  ASSERT_TRUE(Look().ok());
  EXPECT_EQ(asked(), 1) << "ten minutes later";
  ASSERT_TRUE(Look(absl::Hours(1)).ok());
  EXPECT_EQ(asked(), 2);
  ASSERT_TRUE(Look(absl::Hours(1)).ok());
  EXPECT_EQ(asked(), 2) << "no fuller than before";
}

TEST_F(LargestDirectoriesProbeTest, AClockThatIsSetBackKeepsItFromNothing) {
  ASSERT_TRUE(Look().ok());
  ASSERT_TRUE(Look(-absl::Hours(1000)).ok());
  EXPECT_EQ(asked(), 2);
}

TEST_F(LargestDirectoriesProbeTest, ItsHelperIsMissedWhenItIsNotThere) {
  platform_.tools[Tool::kLargestDirectories] = absl::PermissionDeniedError("takes root");
  EXPECT_TRUE(absl::IsPermissionDenied(Look()));
  platform_.tools[Tool::kLargestDirectories] = std::string(kAnswer);
  EXPECT_TRUE(Look().ok());
}

TEST_F(LargestDirectoriesProbeTest, NothingIsNamedWhereTheCompanyWantsNoNames) {
  settings_.names_directories = false;
  EXPECT_TRUE(absl::IsNotFound(Look()));
  EXPECT_EQ(asked(), 0);
}

}  // namespace
}  // namespace steward::agent
