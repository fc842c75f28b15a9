// The last lines of failed services are read, as systemctl and journalctl are asked for them.
#include "agent/platform/linux/tools/unit_logs.h"

#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;

class UnitLogsTest : public testing::Test {
 protected:
  // A stand-in for a program.
  std::string Program(const std::string& name, const std::string& script) {
    const fs::path path = root_.path() / name;
    std::ofstream(path) << "#!/bin/sh\n" << script;
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }
  TempDir root_;
};

TEST_F(UnitLogsTest, EachFailedServiceIsAskedForItsLastLines) {
  const std::string systemctl = Program("systemctl",
                                        "[ \"$1 $2 $3\" = 'list-units --type=service --state=failed' ] || exit 1\n"
                                        "echo 'backup.service loaded failed failed Nightly backup'\n"
                                        "echo 'web@1.service  loaded failed failed Web'\n");
  const std::string journalctl = Program("journalctl",
                                         "case \"$1 $2\" in\n"
                                         "  '--unit=backup.service --lines=5') printf 'first\\n\\nsecond\\tone\\n' ;;\n"
                                         "  '--unit=web@1.service --lines=5') head -c 500 /dev/zero | tr '\\0' x ;;\n"
                                         "  *) exit 9 ;;\n"
                                         "esac\n");
  const absl::StatusOr<std::string> answer = AskUnitLogs(systemctl, journalctl, absl::Seconds(60));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, "backup.service\tfirst\nbackup.service\tsecond?one\nweb@1.service\t" + std::string(kUnitLogLineBytesMax, 'x') + "\n");
}

TEST_F(UnitLogsTest, OneThatHasNoLogCostsNoOtherItsOwn) {
  const std::string systemctl = Program("systemctl", "echo 'a.service x'\necho 'b.service x'\n");
  const std::string journalctl = Program("journalctl", "[ $1 = --unit=a.service ] && exit 1\necho line\n");
  EXPECT_EQ(*AskUnitLogs(systemctl, journalctl, absl::Seconds(60)), "b.service\tline\n");
}

TEST_F(UnitLogsTest, ASystemdThatDoesNotAnswerIsSaid) {
  EXPECT_TRUE(absl::IsUnavailable(AskUnitLogs(Program("systemctl", "exit 1\n"), "/bin/true", absl::Seconds(60)).status()));
  EXPECT_TRUE(absl::IsNotFound(AskUnitLogs((root_.path() / "none").string(), "/bin/true", absl::Seconds(60)).status()));
  EXPECT_EQ(*AskUnitLogs(Program("systemctl", "exit 0\n"), "/bin/true", absl::Seconds(60)), "");
}

}  // namespace
}  // namespace steward::agent
