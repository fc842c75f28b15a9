// Reports are written whole, one after the other, by those who may.
#include "agent/report/report_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "agent/report/problem_file.h"
#include "agent/report/reported_group.h"
#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReportDirectory, ManyAtOnceLoseNothing) {
  const TempDir state;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const absl::Status status = ChangeReportFile(state.path(), "x", [](const std::string& content) { return content + "."; });
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Read(state.path() / kReportsDirectory / "x"), "........");
  struct stat info = {};
  ASSERT_EQ(stat((state.path() / kReportsDirectory / "x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  ASSERT_EQ(stat((state.path() / kReportsDirectory).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
}

TEST(ReportDirectory, ARefusedChangeChangesNothing) {
  const TempDir state;
  ASSERT_TRUE(ChangeReportFile(state.path(), "x", [](const std::string&) { return std::string("old"); }).ok());
  const absl::Status status = ChangeReportFile(state.path(), "x", [](const std::string& content) -> absl::StatusOr<std::string> {
    EXPECT_EQ(content, "old");
    return absl::ResourceExhaustedError("full");
  });
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(Read(state.path() / kReportsDirectory / "x"), "old");
}

TEST(ReportDirectory, WithoutAStateDirectoryItSaysWhatToDo) {
  const TempDir state;
  const absl::Status status = ChangeReportFile(state.path() / "none", "x", [](const std::string&) { return std::string(); });
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--state"));
}

TEST(ReportedGroup, FactsByTimeAndANoteOfWhatIsDamaged) {
  const TempDir state;
  EXPECT_TRUE(ReportedGroup(state.path()).facts.empty());
  EXPECT_EQ(ReportedGroup(state.path()).note, "");
  const absl::Time time = absl::FromUnixSeconds(1700000000);
  ASSERT_TRUE(ChangeReportFile(state.path(), kProblemFile, [&](const std::string&) {
                return FormatProblems({{time + absl::Seconds(1), "later"}, {time, "one"}, {time, "two"}});
              }).ok());
  const InventoryGroup group = ReportedGroup(state.path());
  EXPECT_EQ(group.group, "reported");
  ASSERT_EQ(group.facts.size(), 3u);
  EXPECT_EQ(group.facts[0].key, "2023-11-14T22:13:20Z");
  EXPECT_EQ(group.facts[0].value, "one");
  EXPECT_EQ(group.facts[1].key, "2023-11-14T22:13:20Z (2)");
  EXPECT_EQ(group.facts[2].value, "later");
  ASSERT_TRUE(ChangeReportFile(state.path(), kProblemFile, [](const std::string&) { return std::string("{"); }).ok());
  EXPECT_THAT(ReportedGroup(state.path()).note, HasSubstr("not a list of problems"));
}

}  // namespace
}  // namespace steward::agent
