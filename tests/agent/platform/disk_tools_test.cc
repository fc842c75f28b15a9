// smartctl and lvs are asked about the right disks, and one that hangs costs no other its answer.
#include <filesystem>
#include <fstream>
#include <string>

#include "agent/platform/linux/tools/lvm.h"
#include "agent/platform/linux/tools/smart.h"
#include "base/text.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class DiskToolsTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    const fs::path file = root_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void Disk(const std::string& name, const std::string& model, const std::string& rotational = "1") {
    Write("sys/block/" + name + "/size", "1953525168\n");
    Write("sys/block/" + name + "/device/model", model + "\n");
    Write("sys/block/" + name + "/queue/rotational", rotational + "\n");
  }
  // A stand-in for smartctl or lvs; "$disk" is its last argument.
  std::string Program(const std::string& script) {
    Write("program", "#!/bin/sh\nfor disk; do :; done\n" + script);
    fs::permissions(root_.path() / "program", fs::perms::owner_all);
    return (root_.path() / "program").string();
  }
  RootedFiles Files() { return RootedFiles(root_.path().string()); }
  boost::json::array Ask(const std::string& program, absl::Duration deadline = absl::Seconds(60)) {
    const auto answer = AskDisks(Files(), program, deadline);
    EXPECT_TRUE(answer.ok()) << answer.status();
    boost::json::parse_options options;
    options.allow_invalid_utf8 = true;
    return answer.ok() ? boost::json::parse(*answer, {}, options).as_array() : boost::json::array();
  }
  static std::string Text(const boost::json::value& answer, const char* key) {
    return std::string(answer.at(key).as_string());
  }

  TempDir root_;
};

TEST_F(DiskToolsTest, EveryPhysicalDiskIsAskedAndNoOther) {
  Disk("sda", "WDC WD10EZEX-08W");
  Disk("nvme0n1", "Samsung SSD 980", "0");
  for (const char* other : {"loop0", "dm-0", "md127", "sr0", "zram0", "ram1", "vda", "zd16", "nvme0c0n1", "mmcblk0", "nbd0"}) {
    Disk(other, "");
  }
  Disk("sdb", "QEMU HARDDISK");
  Disk("sdc", "Virtual Disk");
  Disk("sdd", "Card Reader");
  Write("sys/block/sdd/size", "0\n");
  const boost::json::array answers = Ask(Program("echo \"$@\"; exit 64\n"));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(Text(answers[0], "device"), "nvme0n1");
  EXPECT_EQ(Text(answers[0], "output"), "--json=c --all /dev/nvme0n1\n") << "no plate turns, and some always say they sleep";
  EXPECT_EQ(Text(answers[1], "device"), "sda");
  EXPECT_EQ(Text(answers[1], "output"), "--json=c --all --nocheck=standby,3 /dev/sda\n");
  EXPECT_EQ(answers[1].at("exit_code").to_number<int>(), 64) << "a bit mask; the output is valid";
}

TEST_F(DiskToolsTest, AHungSmartctlIsEndedAndTheOtherDisksAreStillTold) {
  Disk("sda", "one");
  Disk("sdb", "hangs");
  Disk("sdc", "three");
  const boost::json::array answers =
      Ask(Program("if [ $disk = /dev/sdb ]; then sleep 600; fi\necho '{}'\n"), absl::Seconds(4));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(Text(answers[0], "output"), "{}\n");
  EXPECT_THAT(Text(answers[1], "error"), HasSubstr("took too long"));
  EXPECT_FALSE(answers[1].as_object().contains("output"));
  EXPECT_EQ(Text(answers[2], "output"), "{}\n");
}

TEST_F(DiskToolsTest, DamagedOutputStaysWithItsDisk) {
  Disk("sda", "one");
  Disk("sdb", "two");
  const boost::json::array answers =
      Ask(Program("if [ $disk = /dev/sda ]; then printf '{\"\\\\\\001\\377]'; exit 2; fi\nyes | head -c 300000\n"));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(Text(answers[0], "device"), "sda");
  EXPECT_THAT(Text(answers[1], "error"), HasSubstr("printed more than"));
}

TEST_F(DiskToolsTest, WithoutDisksOrWithoutSmartctlThereIsNothing) {
  EXPECT_TRUE(absl::IsNotFound(AskDisks(Files(), "/nonexistent", absl::Seconds(60)).status()));
  Disk("sda", "one");
  const absl::Status missing = AskDisks(Files(), "/nonexistent/smartctl", absl::Seconds(60)).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("smartmontools"));
}

TEST_F(DiskToolsTest, LvsLooksAtTheDisksOfActiveVolumesAlone) {
  Disk("sdz", "asleep");
  EXPECT_TRUE(absl::IsNotFound(AskLvm(Files(), "/nonexistent/lvs", absl::Seconds(60)).status()));
  Write("sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-aa-root\n");
  Write("sys/block/dm-0/slaves/sda3/size", "1");
  Write("sys/block/dm-1/dm/uuid", "LVM-xxvg-lv\n");
  Write("sys/block/dm-1/slaves/dm-0/size", "1");
  Write("sys/block/dm-2/dm/uuid", "LVM-xxvg-thin-tpool\n");
  Write("sys/block/dm-2/slaves/dm-1/size", "1");
  Write("sys/block/dm-2/slaves/sdb1/size", "1");
  EXPECT_THAT(DevicesOfLvm(Files()), ElementsAre("/dev/dm-0", "/dev/sdb1"));
  const auto answer = AskLvm(Files(), Program("echo \"$@\"; exit 5\n"), absl::Seconds(60));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, HasSubstr("global_filter=[\"a|^/dev/dm-0$|\",\"a|^/dev/sdb1$|\",\"r|.*|\"]"));
  EXPECT_THAT(*answer, Not(HasSubstr("sdz")));
}

}  // namespace
}  // namespace steward::agent
