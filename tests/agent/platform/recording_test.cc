// A recording gives again what the machine gave, and a recorded machine never leads to the host.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/platform/recorded_answers.h"
#include "agent/platform/recording_platform.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

class Recording : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "recording-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& path, const std::string& content) {
    const fs::path place = folder_ / fs::path(path).relative_path();
    fs::create_directories(place.parent_path());
    std::ofstream(place, std::ios::binary) << content;
  }
  std::unique_ptr<Platform> Open(const fs::path& root) {
    auto platform = NewRecordedPlatform(root.string());
    EXPECT_TRUE(platform.ok()) << platform.status();
    return platform.ok() ? *std::move(platform) : nullptr;
  }

  fs::path folder_;
};

TEST_F(Recording, FilesLinksAndAnswersComeBack) {
  const fs::path machine = folder_ / "machine";
  Write("machine/proc/stat", "cpu0 1 2\n");
  Write("machine/sys/devices/chip.0/hwmon/hwmon0/temp1_input", "42000\n");
  fs::create_directories(machine / "sys/class/hwmon");
  fs::create_symlink("/sys/devices/chip.0/hwmon/hwmon0", machine / "sys/class/hwmon/hwmon0");
  Write("machine/steward/syscalls.json",
        R"({"uname": {"sysname": "Linux", "nodename": "n\u00e4me"}, "wall_time_ns": 1700000000123456789,
            "statfs": {"/": {"block_size": 4096, "blocks": 18446744073709551615},
                       "/dead": {"error": "DEADLINE_EXCEEDED", "message": "stuck"}},
            "file_errors": {"/proc/secret": {"error": "PERMISSION_DENIED", "message": "/proc/secret: denied"}}})");

  const auto source = Open(machine);
  RecordingPlatform recorder(*source);
  std::string content;
  std::vector<std::string> names;
  ASSERT_TRUE(recorder.ReadFile("/proc/stat", content).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(recorder.ReadFile("/proc/secret", content)));
  EXPECT_TRUE(absl::IsNotFound(recorder.ReadFile("/proc/absent", content)));
  ASSERT_TRUE(recorder.ListDirectory("/sys/class/hwmon", names).ok());
  EXPECT_EQ(recorder.RealPath("/sys/class/hwmon/hwmon0").value_or(""), "/sys/devices/chip.0/hwmon/hwmon0");
  ASSERT_TRUE(recorder.ReadFile("/sys/class/hwmon/hwmon0/temp1_input", content).ok());
  EXPECT_TRUE(recorder.Name().ok());
  EXPECT_TRUE(recorder.WallTime().ok());
  EXPECT_TRUE(absl::IsNotFound(recorder.Discipline().status()));
  const std::vector<std::string> mounts = {"/", "/dead"};
  recorder.StatFileSystems(mounts, absl::Seconds(1));
  const fs::path copy = folder_ / "copy";
  ASSERT_TRUE(recorder.WriteTo(copy.string()).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(recorder.WriteTo(copy.string())));

  const auto again = Open(copy);
  ASSERT_TRUE(again->ReadFile("/proc/stat", content).ok());
  EXPECT_EQ(content, "cpu0 1 2\n");
  EXPECT_TRUE(absl::IsPermissionDenied(again->ReadFile("/proc/secret", content)));
  EXPECT_TRUE(absl::IsNotFound(again->ReadFile("/proc/absent", content)));
  EXPECT_EQ(again->RealPath("/sys/class/hwmon/hwmon0").value_or(""), "/sys/devices/chip.0/hwmon/hwmon0");
  ASSERT_TRUE(again->ReadFile("/sys/class/hwmon/hwmon0/temp1_input", content).ok());
  EXPECT_EQ(content, "42000\n");
  EXPECT_EQ(again->Name()->nodename, "n\xc3\xa4me");
  EXPECT_EQ(absl::ToUnixNanos(*again->WallTime()), 1700000000123456789);
  const auto answers = again->StatFileSystems(mounts, absl::Seconds(1));
  EXPECT_EQ(answers[0]->blocks, 18446744073709551615u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(answers[1].status()));
}

TEST_F(Recording, TheFirstAnswerIsRepeatedSoThatTheReportIsTheRecording) {
  Write("m/proc/loadavg", "1");
  const auto source = Open(folder_ / "m");
  RecordingPlatform recorder(*source);
  std::string content;
  ASSERT_TRUE(recorder.ReadFile("/proc/loadavg", content).ok());
  Write("m/proc/loadavg", "2");
  ASSERT_TRUE(recorder.ReadFile("/proc/loadavg", content).ok());
  EXPECT_EQ(content, "1");
}

TEST_F(Recording, ARecordedMachineNeverLeadsToTheHost) {
  Write("m/inside", "inside");
  fs::create_directories(folder_ / "m/etc");
  fs::create_symlink("/proc/self/status", folder_ / "m/etc/absolute");
  fs::create_symlink("../../../../../../../../proc/self/status", folder_ / "m/etc/climbing");
  fs::create_symlink("loop", folder_ / "m/etc/loop");
  fs::create_symlink("/inside", folder_ / "m/etc/good");
  const auto platform = Open(folder_ / "m");
  std::string content;
  EXPECT_TRUE(absl::IsNotFound(platform->ReadFile("/etc/absolute", content)));
  EXPECT_TRUE(absl::IsNotFound(platform->ReadFile("/etc/climbing", content)));
  EXPECT_TRUE(absl::IsNotFound(platform->ReadFile("/../../../../../../proc/self/status", content)));
  EXPECT_FALSE(platform->ReadFile("/etc/loop", content).ok());
  ASSERT_TRUE(platform->ReadFile("/etc/good", content).ok());
  EXPECT_EQ(content, "inside");
  for (const auto& status : {platform->Name().status(), platform->WallTime().status(), platform->Discipline().status(),
                             platform->PageSizeBytes().status(), platform->ClockTicksPerSecond().status(),
                             platform->LocalTimeZone().status(), platform->NetworkAddresses().status(),
                             platform->RunTool(Tool::kRpmPackages, absl::Seconds(1)).status()}) {
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_NE(status.message().find("not recorded"), absl::string_view::npos) << status;
  }
}

TEST_F(Recording, ABrokenAnswerFileSaysWhere) {
  for (const std::string& text : {std::string("{"), std::string("[]"), std::string(R"({"uname": 5})"),
                                  std::string(R"({"statfs": {"/": 3}})"), std::string(R"({"wall_time_ns": "x"})")}) {
    Write("m/steward/syscalls.json", text);
    const auto platform = NewRecordedPlatform((folder_ / "m").string());
    ASSERT_TRUE(absl::IsInvalidArgument(platform.status())) << text << platform.status();
    EXPECT_NE(platform.status().message().find("syscalls.json"), absl::string_view::npos);
  }
  EXPECT_TRUE(absl::IsNotFound(NewRecordedPlatform((folder_ / "absent").string()).status()));
}

TEST(Answers, BytesThatAreNotUtf8ComeBack) {
  RecordedAnswers answers;
  answers.file_systems.emplace("/mnt/\xff\xfe", FileSystemStats{});
  const auto again = AnswersFromJson(AnswersToJson(answers));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->file_systems.contains("/mnt/\xff\xfe"));
}

TEST(HostPlatform, AnswersForThisMachine) {
  const auto platform = NewHostPlatform();
  std::string content;
  ASSERT_TRUE(platform->ReadFile("/proc/self/stat", content).ok());
  EXPECT_FALSE(content.empty());
  EXPECT_TRUE(absl::IsNotFound(platform->ReadFile("/proc/absent", content)));
  EXPECT_EQ(platform->Name()->sysname, "Linux");
  EXPECT_GT(*platform->PageSizeBytes(), 0);
  const std::vector<std::string> mounts = {"/"};
  const auto answers = platform->StatFileSystems(mounts, absl::Seconds(20));
  ASSERT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_GT(answers[0]->blocks, 0u);
  EXPECT_FALSE(platform->LocalTimeZone()->name.empty());
}

}  // namespace
}  // namespace steward::agent
