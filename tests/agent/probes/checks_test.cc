// The company's own checks run beside the sampling: one that hangs delays nobody, and what it told is no longer believed.
#include "agent/probes/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "agent/platform/platform.h"
#include "agent/probes/note_board.h"
#include "agent/probes/check_output.h"
#include "agent/probes/job_runner.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

constexpr char kFolder[] = "/etc/steward/checks.d";

// A machine whose checks are these.
class CheckedMachine final : public Platform {
 public:
  absl::Status ReadFile(std::string_view, std::string&) override { return Nothing(); }
  absl::StatusOr<std::string> RealPath(std::string_view) override { return Nothing(); }
  bool Exists(std::string_view) override { return false; }
  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string>, absl::Duration) override { return {}; }
  absl::StatusOr<SystemName> Name() override { return Nothing(); }
  absl::StatusOr<ClockDiscipline> Discipline() override { return Nothing(); }
  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override { return Nothing(); }
  absl::StatusOr<std::int64_t> PageSizeBytes() override { return Nothing(); }
  absl::StatusOr<absl::Time> WallTime() override { return absl::FromUnixSeconds(1'700'000'000); }
  absl::StatusOr<TimeZone> LocalTimeZone() override { return Nothing(); }
  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override { return Nothing(); }
  absl::StatusOr<std::string> RunTool(Tool, absl::Duration) override { return Nothing(); }

  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) override {
    if (path != kFolder || answers.empty()) return Nothing();
    names.clear();
    for (const auto& [name, answer] : answers) names.push_back(name);
    return absl::OkStatus();
  }
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) override {
    FileAttributes attributes;
    attributes.mode = path.ends_with(".txt") ? 0644 : 0755;
    return attributes;
  }
  absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration) override {
    const std::string name(path.substr(path.rfind('/') + 1));
    if (name == "slow") gate.wait();
    return answers.at(name);
  }

  std::map<std::string, absl::StatusOr<CheckResult>> answers;
  std::shared_future<void> gate;

 private:
  static absl::Status Nothing() { return absl::NotFoundError("not here"); }
};

class ChecksTest : public testing::Test {
 protected:
  ChecksTest() { settings.notes = std::make_shared<NoteBoard>(); }

  CheckedMachine machine;
  ProbeSettings settings;
};

TEST_F(ChecksTest, AreReportedEachUnderItsName) {
  settings.once = true;
  machine.answers = {{"disk", CheckResult{1, "12% free | used=88%"}},
                     {"printers", CheckResult{0, "2 Queue jobs=7 stuck\n0 Scanner - fine\n"}},
                     {"notes.txt", CheckResult{}},
                     {"disk.dpkg-old", CheckResult{}},
                     {".hidden", CheckResult{}},
                     {"wrong", absl::PermissionDeniedError("wrong is not run: it must belong to root")}};
  const auto probe = MakeChecksProbe(machine, settings);
  Collected collected;
  ASSERT_TRUE(probe->Collect(collected).ok());
  EXPECT_EQ(collected.Integer("steward_check_status{check=disk}"), 1);
  EXPECT_EQ(collected.doubles["steward_check_value{check=disk,metric=used}"], 0.88);
  EXPECT_EQ(collected.Integer("steward_check_status{check=Queue}"), 2);
  EXPECT_EQ(collected.Integer("steward_check_status{check=Scanner}"), 0);
  EXPECT_EQ(collected.Integer("steward_check_status{check=wrong}"), 3);
  EXPECT_TRUE(collected.Has("steward_check_duration_seconds{check=printers}"));
  EXPECT_EQ(collected.Integer("steward_check_last_run_timestamp_seconds{check=printers}"), 1'700'000'000);
  for (const char* name : {"notes.txt", "disk.dpkg-old", ".hidden", "printers"}) {
    EXPECT_FALSE(collected.Has(std::string("steward_check_status{check=") + name + "}")) << name;
  }
  const auto notes = settings.notes->groups()["check"];
  ASSERT_EQ(notes.size(), 4u);
  EXPECT_EQ(notes[2].key, "disk");
  EXPECT_EQ(notes[2].text, "warning: 12% free");
  EXPECT_THAT(notes[3].text, HasSubstr("belong to root"));
}

TEST_F(ChecksTest, WhatAProgramToldIsUnknownOnceItDoesNotEnd) {
  settings.once = true;
  machine.answers = {{"printers", CheckResult{0, "0 Queue jobs=7 fine\n0 Scanner - fine\n"}}};
  settings.check.interval = absl::Milliseconds(50);
  const auto probe = MakeChecksProbe(machine, settings);
  Collected first;
  ASSERT_TRUE(probe->Collect(first).ok());
  EXPECT_EQ(first.Integer("steward_check_status{check=Queue}"), 0);
  machine.answers = {{"printers", absl::DeadlineExceededError("took too long and was ended")}};
  for (const absl::Time end = absl::Now() + absl::Seconds(20); absl::Now() < end;) {
    Collected later;
    ASSERT_TRUE(probe->Collect(later).ok());
    if (later.Integer("steward_check_status{check=Queue}") != 3) continue;
    EXPECT_EQ(later.Integer("steward_check_status{check=Scanner}"), 3);
    EXPECT_TRUE(later.doubles.empty()) << "its metrics are gone";
    EXPECT_THAT(settings.notes->groups()["check"][0].text, HasSubstr("was ended"));
    return;
  }
  FAIL() << "still believed";
}

TEST_F(ChecksTest, OneThatHangsDelaysNobodyAndIsNotStartedTwice) {
  std::promise<void> gate;
  machine.gate = gate.get_future().share();
  machine.answers = {{"quick", CheckResult{0, "fine"}}, {"slow", CheckResult{0, "at last"}}};
  const auto probe = MakeChecksProbe(machine, settings);
  const auto wait_for = [&](const std::string& key) {
    for (const absl::Time end = absl::Now() + absl::Seconds(20); absl::Now() < end;) {
      Collected collected;
      if (!probe->Collect(collected).ok()) return false;
      if (collected.Has(key)) return true;
    }
    return false;
  };
  EXPECT_TRUE(wait_for("steward_check_status{check=quick}"));
  Collected meanwhile;
  ASSERT_TRUE(probe->Collect(meanwhile).ok());
  EXPECT_FALSE(meanwhile.Has("steward_check_status{check=slow}"));
  gate.set_value();
  EXPECT_TRUE(wait_for("steward_check_status{check=slow}"));
}

TEST_F(ChecksTest, AreAbsentWithoutAFolder) {
  const auto probe = MakeChecksProbe(machine, settings);
  Collected collected;
  EXPECT_TRUE(absl::IsNotFound(probe->Collect(collected)));
}

TEST(JobRunner, RunsNoMoreThanAFewAtOnceAndForgetsWhatIsGone) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  const auto run = [&] {
    const int now = ++running;
    for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    std::this_thread::yield();
    --running;
    return now;
  };
  JobRunner<int> runner(2);
  std::map<std::string, JobRunner<int>::Job> jobs;
  for (int i = 0; i < 20; ++i) jobs[std::to_string(i)] = {absl::Hours(1), run};
  runner.Run(jobs);
  runner.WaitForAll();
  EXPECT_LE(most, 2);
  EXPECT_EQ(runner.Answers().size(), 20u);
  for (const auto& [name, answer] : runner.Answers()) EXPECT_NE(answer.result, nullptr) << name;
  runner.Run({});
  EXPECT_TRUE(runner.Answers().empty());
}

}  // namespace
}  // namespace steward::agent
