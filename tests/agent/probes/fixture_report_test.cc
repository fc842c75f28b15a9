// Every recorded machine gives the report that was reviewed: tests/fixtures/linux/<name> and <name>.report.json.
// STEWARD_REFRESH_GOLDEN=1 writes the reports anew, to be reviewed as a diff.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "agent/probe_command.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = fs::path(STEWARD_SOURCE_DIR) / "tests/fixtures/linux";

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Result Probe(const ProbeOptions& options) {
  std::ostringstream out;
  std::ostringstream err;
  Result result;
  result.exit_code = RunProbeCommand(options, out, err);
  result.out = out.str();
  result.err = err.str();
  return result;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The first line that differs, for a readable failure.
std::string FirstDifference(const std::string& left, const std::string& right) {
  std::istringstream left_lines(left);
  std::istringstream right_lines(right);
  std::string left_line;
  std::string right_line;
  while (true) {
    const bool has_left = static_cast<bool>(std::getline(left_lines, left_line));
    const bool has_right = static_cast<bool>(std::getline(right_lines, right_line));
    if (!has_left && !has_right) return "";
    if (!has_left || !has_right || left_line != right_line) {
      return "was: " + (has_left ? left_line : "(end)") + "\nis:  " + (has_right ? right_line : "(end)");
    }
  }
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "fixture-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Machine : public ::testing::TestWithParam<const char*> {};

TEST_P(Machine, GivesTheReviewedReport) {
  const Result result = Probe({.names = {}, .root = (kFixtures / GetParam()).string(), .record = "", .json = true});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const fs::path golden = kFixtures / (std::string(GetParam()) + ".report.json");
  if (std::getenv("STEWARD_REFRESH_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << result.out;
    return;
  }
  EXPECT_EQ(FirstDifference(Read(golden), result.out), "") << "if it is meant: STEWARD_REFRESH_GOLDEN=1, then review";
}

TEST_P(Machine, ReportIsJsonWithTheFixedKeys) {
  const Result result = Probe({.names = {}, .root = (kFixtures / GetParam()).string(), .record = "", .json = true});
  const boost::json::value report = boost::json::parse(result.out);
  EXPECT_FALSE(report.at("samples").as_array().empty());
  for (const boost::json::value& sample : report.at("samples").as_array()) {
    EXPECT_TRUE(sample.at("labels").is_object());
    EXPECT_TRUE(sample.at("value").is_number());
    EXPECT_TRUE(sample.at("type") == "gauge" || sample.at("type") == "counter" || sample.at("type") == "untyped");
    for (const char* reserved : {"instance", "machine", "site", "class"}) {
      EXPECT_FALSE(sample.at("labels").as_object().contains(reserved)) << sample;
    }
  }
  for (const boost::json::value& fact : report.at("facts").as_array()) {
    EXPECT_FALSE(fact.at("group").as_string().empty());
    EXPECT_FALSE(fact.at("key").as_string().empty());
  }
}

TEST_P(Machine, RecordingOfItGivesTheSameReport) {
  const TemporaryFolder folder;
  const std::string copy = (folder.path() / "copy").string();
  const Result first = Probe({.names = {}, .root = (kFixtures / GetParam()).string(), .record = copy, .json = true});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const Result again = Probe({.names = {}, .root = copy, .record = "", .json = true});
  EXPECT_EQ(FirstDifference(first.out, again.out), "");
  const Result refused = Probe({.names = {}, .root = copy, .record = copy, .json = true});
  EXPECT_EQ(refused.exit_code, 1) << "an existing folder is never written over";
  EXPECT_NE(refused.err.find("not empty"), std::string::npos);
}

TEST_P(Machine, IsReportedInWordsToo) {
  const Result result = Probe({.names = {}, .root = (kFixtures / GetParam()).string(), .record = "", .json = false});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("\nfilesystem\n"), std::string::npos);
  EXPECT_NE(result.out.find("\ninventory: identity\n"), std::string::npos);
  EXPECT_NE(result.out.find("\nnotes\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Machine,
                         ::testing::Values("cloud-vm", "laptop", "file-server", "damaged", "nvme-failing", "fedora-server",
                                           "container-host", "storage-server", "without-systemd", "unreadable"),
                         [](const auto& machine) {
                           std::string name = machine.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(ProbeCommand, ShowsOnlyWhatIsAsked) {
  const Result result =
      Probe({.names = {"loadavg"}, .root = (kFixtures / "laptop").string(), .record = "", .json = false});
  EXPECT_EQ(result.out, "loadavg\n  node_load1  0.52\n  node_load5  0.48\n  node_load15  0.44\n");
}

TEST(ProbeCommand, AnUnknownNameIsWrongUsageAndListsTheNames) {
  const Result result =
      Probe({.names = {"cpu", "cpus"}, .root = (kFixtures / "laptop").string(), .record = "", .json = false});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("\"cpus\""), std::string::npos);
  EXPECT_NE(result.err.find(" filesystem "), std::string::npos);
  EXPECT_NE(result.err.find(" inventory"), std::string::npos);
}

TEST(ProbeCommand, AMissingRootSaysWhatToGive) {
  const Result result = Probe({.names = {}, .root = "/nonexistent/machine", .record = "", .json = false});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("--record"), std::string::npos);
}

TEST(ProbeCommand, DamagedSourcesAreErrorsAndTheOthersAreStillReported) {
  const Result result = Probe({.names = {}, .root = (kFixtures / "damaged").string(), .record = "", .json = false});
  const std::size_t errors = result.out.find("\nerrors\n");
  ASSERT_NE(errors, std::string::npos);
  EXPECT_NE(result.out.find("cpu: /proc/stat: not understood", errors), std::string::npos);
  EXPECT_NE(result.out.find("memory: /proc/meminfo: not understood", errors), std::string::npos);
  EXPECT_NE(result.out.find("node_filesystem_device_error{"), std::string::npos);
}

TEST(ProbeCommand, WhatIsRefusedIsNotCalledAbsent) {
  const Result result = Probe({.names = {}, .root = (kFixtures / "unreadable").string(), .record = "", .json = false});
  for (const char* source : {"entropy", "lvm", "bonding", "conntrack", "selinux", "reboot_required"}) {
    EXPECT_NE(result.out.find(std::string(source) + ": not permitted"), std::string::npos) << source;
    EXPECT_EQ(result.out.find(std::string(source) + ": not on this machine"), std::string::npos) << source;
  }
  EXPECT_EQ(result.out.find("node_selinux_enabled"), std::string::npos) << "nobody knows";
}

TEST(ProbeCommand, ReportsThisMachine) {
  const Result result = Probe({.names = {}, .root = "", .record = "", .json = true});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("\"node_cpu_seconds_total\""), std::string::npos);
  EXPECT_NE(result.out.find("\"node_memory_MemAvailable_bytes\""), std::string::npos);
  EXPECT_NE(result.out.find("\"errors\": []"), std::string::npos) << result.out.substr(result.out.find("\"errors\""));
}

}  // namespace
}  // namespace steward::agent
