// The real program as a child process against a collector of the test's own.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "agent/identity/identity_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/enrollment_token.h"
#include "tests/support/fake_collector.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

// A child that is killed and waited for at the end, whatever happens.
class Child {
 public:
  Child(std::vector<std::string> arguments, const std::filesystem::path& output) {
    arguments.insert(arguments.begin(), STEWARD_AGENT);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    const int fd = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  ~Child() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      Wait();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) { kill(pid_, signal); }
  int Wait() {  // the exit code, or minus the signal
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() { collector_.Start(); }
  std::string State() const { return (directory_.path() / "state").string(); }
  std::string Write(const char* name, const std::string& text) const {
    std::ofstream(directory_.path() / name) << text;
    return (directory_.path() / name).string();
  }
  // Runs a command to its end.
  int Run(std::vector<std::string> arguments) {
    std::filesystem::remove(output_);
    return Child(std::move(arguments), output_).Wait();
  }
  std::string Output() const {
    std::ifstream in(output_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string Token() { return wire::FormatEnrollmentToken(collector_.NewToken()); }
  static bool Eventually(const std::function<bool()>& condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  FakeCollector collector_;
  TempDir directory_;
  std::filesystem::path output_ = directory_.path() / "output";
};

TEST_F(ProgramTest, AConnectedAgentHasFewThreadsOnAnyMachine) {
  ASSERT_EQ(Run({"enroll", Token(), "--state", State()}), 0) << Output();
  Child agent({"run", "--state", State()}, output_);
  ASSERT_TRUE(Eventually([this] { return !collector_.committed().empty() && !collector_.inventories().empty(); })) << Output();
  std::size_t threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(agent.pid()) + "/task")) {
    threads += task.exists() ? 1 : 0;
  }
  EXPECT_LE(threads, 11u);
  agent.Signal(SIGTERM);
  EXPECT_EQ(agent.Wait(), 0) << Output();
  ASSERT_FALSE(collector_.events().empty());
  EXPECT_EQ(collector_.events().front().kind(), v1::MachineEvent::AGENT_STARTED);
}

TEST_F(ProgramTest, ItsOwnCountOfCoresTakesTheLibrarysPlace) {
  std::FILE* symbols = popen("nm -D --defined-only " STEWARD_AGENT, "r");
  ASSERT_NE(symbols, nullptr);
  std::string text;
  char line[4096];
  while (std::fgets(line, sizeof line, symbols) != nullptr) text += line;
  pclose(symbols);
  EXPECT_THAT(text, HasSubstr("gpr_cpu_num_cores"));
  EXPECT_THAT(text, HasSubstr("gpr_cpu_current_cpu"));
}

TEST_F(ProgramTest, EnrollSaysWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(Run({"enroll", "hello", "--state", State()}), 1);
  EXPECT_THAT(Output(), HasSubstr("token"));
  EXPECT_EQ(Run({"enroll", Token(), "--state", State(), "--answers", Write("answers.toml", "rom = \"2\"\n")}), 2);
  EXPECT_THAT(Output(), HasSubstr("answers.toml:1: unknown key \"rom\""));
  EXPECT_FALSE(std::filesystem::exists(State() + "/identity")) << "nothing was used up by a mistake";
  ASSERT_EQ(Run({"enroll", Token(), "--state", State()}), 0) << Output();
  EXPECT_EQ(Run({"enroll", Token(), "--state", State()}), 1);
  EXPECT_THAT(Output(), HasSubstr("enrolled already"));
  EXPECT_THAT(Output(), HasSubstr("stewardctl machine retire"));
}

TEST_F(ProgramTest, RunNeedsAnIdentityAnOwnDirectoryAndARightConfiguration) {
  EXPECT_EQ(Run({"run", "--state", State()}), 1);
  EXPECT_THAT(Output(), HasSubstr("steward-agent enroll TOKEN"));
  EXPECT_EQ(Run({"run", "--state", State(), "--config", Write("agent.toml", "[spool]\nsize = 64\n")}), 2);
  EXPECT_THAT(Output(), HasSubstr("agent.toml:2: size must be text"));
  EXPECT_EQ(Run({"run", "--state", State(), "--config", (directory_.path() / "none.toml").string()}), 2);
  EXPECT_THAT(Output(), HasSubstr("none.toml"));
  ASSERT_EQ(Run({"enroll", Token(), "--state", State()}), 0) << Output();
  Child agent({"run", "--state", State()}, directory_.path() / "first");
  ASSERT_TRUE(Eventually([this] { return collector_.connections() > 0; }));
  EXPECT_EQ(Run({"run", "--state", State()}), 1);
  EXPECT_THAT(Output(), HasSubstr("another steward-agent uses the state directory"));
  EXPECT_EQ(Run({"status", "--state", State()}), 0);
  EXPECT_THAT(Output(), HasSubstr("collector"));
}

TEST_F(ProgramTest, AnswersArriveAsFacts) {
  ASSERT_EQ(Run({"enroll", Token(), "--state", State(), "--answers", Write("answers.toml", "room = \"2.14\"\nholder = \"M. Stone\"\n")}), 0)
      << Output();
  Child agent({"run", "--state", State()}, output_);
  ASSERT_TRUE(Eventually([this] { return !collector_.inventories().empty(); })) << Output();
  std::string room;
  const v1::Inventory inventory = collector_.inventories()[0];
  for (const v1::Fact& fact : inventory.facts()) {
    if (fact.group() == "entered" && fact.key() == "room") room = fact.value();
  }
  EXPECT_EQ(room, "2.14");
}

// As an installed package has it: root enrols, the service's own user runs.
TEST_F(ProgramTest, WhatRootDoesStaysTheStateDirectoryOwners) {
  if (geteuid() != 0) GTEST_SKIP() << "NOT TESTED: needs root";
  constexpr uid_t kNobody = 65534;
  ASSERT_TRUE(std::filesystem::create_directory(State()));
  ASSERT_EQ(chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(chown(State().c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(Run({"enroll", Token(), "--state", State(), "--answers", Write("answers.toml", "room = \"2.14\"\n")}), 0) << Output();
  Child agent({"run", "--state", State()}, output_);
  ASSERT_TRUE(Eventually([this] { return !collector_.committed().empty(); })) << Output();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(State())) {
    struct stat info = {};
    if (lstat(entry.path().c_str(), &info) != 0) continue;  // gone meanwhile
    ++files;
    EXPECT_EQ(info.st_uid, kNobody) << entry.path();
    EXPECT_EQ(info.st_gid, kNobody) << entry.path();
  }
  EXPECT_GE(files, 8u) << "identity of four files, lock, answers, socket and spool";
  EXPECT_EQ(Run({"status", "--state", State()}), 0) << Output();
}

TEST_F(ProgramTest, UsageIsExplainedWithItsExitCode) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_EQ(Run({"fly"}), 2);
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"report"}), 2);
  EXPECT_EQ(Run({"report", "backup", "--job", "nightly", "--result", "perhaps"}), 2);
  EXPECT_EQ(Run({"report", "problem", "the printer", "--state", State() + "/none"}), 1);
  EXPECT_THAT(Output(), HasSubstr("enrol this machine first"));
  EXPECT_EQ(Run({"version"}), 0);
  EXPECT_THAT(Output(), HasSubstr("steward-agent "));
  EXPECT_EQ(Run({"status", "--state", State()}), 1);
  EXPECT_THAT(Output(), HasSubstr("no agent runs"));
  EXPECT_EQ(Run({"run", "--state", State(), "--clock", "unix:/x"}), 2) << "only in tests";
}

}  // namespace
}  // namespace steward::agent
