// A start without a shutdown before it is found in wtmp; what waits for a restart is found where packages and kernels are.
#include "agent/probes/restarts.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "agent/probes/reboot_required.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

constexpr std::int64_t kNow = 1'795'376'870;
constexpr std::int64_t kDay = 86'400;

// A record as the C library of `layout`'s machines writes it.
std::string Record(int type, std::string_view user, std::int64_t seconds, const UtmpLayout& layout = kUtmpLayout32) {
  std::string record(layout.record_bytes, '\0');
  record[0] = static_cast<char>(type);
  std::memcpy(record.data() + 44, user.data(), user.size());
  std::memcpy(record.data() + layout.time_at, &seconds, layout.time_bytes);  // little-endian
  return record;
}
std::string Boot(std::int64_t seconds) { return Record(2, "reboot", seconds); }
std::string Shutdown(std::int64_t seconds) { return Record(1, "shutdown", seconds); }
std::string RunLevel(std::int64_t seconds) { return Record(1, "runlevel", seconds); }
std::string Login(std::int64_t seconds) { return Record(7, "maria", seconds); }

class RestartsTest : public testing::Test {
 protected:
  RestartsTest() { machine_.files["/proc/stat"] = "cpu0 1 0 1 1 0 0 0 0 0 0\nbtime " + std::to_string(kNow - kDay) + "\n"; }
  absl::Status Collect() {
    collected_ = {};
    return MakeRestartsProbe(machine_)->Collect(collected_);
  }
  std::int64_t Missing() { return collected_.Integer("steward_boot_restarts{shutdown=missing}"); }
  std::int64_t WithShutdown() { return collected_.Integer("steward_boot_restarts{shutdown=recorded}"); }

  AnsweringPlatform machine_;
  Collected collected_;
};

TEST_F(RestartsTest, AStartWithoutAShutdownBeforeItIsUnexpected) {
  machine_.files["/var/log/wtmp"] = Boot(kNow - 9 * kDay) + RunLevel(kNow - 9 * kDay) + Login(kNow - 8 * kDay) +
                                    Shutdown(kNow - 5 * kDay) + Boot(kNow - 5 * kDay + 60) + RunLevel(kNow - 5 * kDay + 70) +
                                    Boot(kNow - kDay) + RunLevel(kNow - kDay + 9);
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Missing(), 1);
  EXPECT_EQ(WithShutdown(), 1) << "of the first nothing is known";
  EXPECT_EQ(collected_.Integer("steward_boot_after_shutdown"), 0);
  EXPECT_EQ(collected_.Integer("steward_boot_recorded_timestamp_seconds"), kNow - kDay);
}

TEST_F(RestartsTest, TheRotatedFileIsReadBeforeTheNewestAndOldOnesDoNotCount) {
  machine_.files["/var/log/wtmp.1"] = Boot(kNow - 90 * kDay) + Boot(kNow - 60 * kDay) + Shutdown(kNow - 2 * kDay) + "cut";
  machine_.files["/var/log/wtmp"] = Boot(kNow - kDay);
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Missing(), 0);
  EXPECT_EQ(WithShutdown(), 1);
  EXPECT_EQ(collected_.Integer("steward_boot_after_shutdown"), 1);
}

TEST_F(RestartsTest, TheNewestOfThoseRotatedByDateIsRead) {
  machine_.files["/var/log/wtmp-20260901"] = Shutdown(kNow - 2 * kDay);
  machine_.files["/var/log/wtmp-20261101"] = Login(kNow - 3 * kDay);
  machine_.files["/var/log/wtmp-20261101.xz"] = "compressed";
  machine_.files["/var/log/wtmp"] = Boot(kNow - kDay);
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(Missing(), 1);
}

TEST_F(RestartsTest, OfArm64) {
  machine_.name.machine = "aarch64";
  machine_.files["/var/log/wtmp"] = Record(2, "reboot", kNow - 3 * kDay, kUtmpLayout64) +
                                    Record(1, "shutdown", kNow - 2 * kDay, kUtmpLayout64) +
                                    Record(2, "reboot", kNow - kDay, kUtmpLayout64);
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(WithShutdown(), 1);
  EXPECT_EQ(collected_.Integer("steward_boot_recorded_timestamp_seconds"), kNow - kDay);
}

TEST_F(RestartsTest, WithoutARecordOfThisBootNothingIsSaid) {
  EXPECT_TRUE(absl::IsNotFound(Collect()));
  // Left behind by an upgrade to a system that writes it no more; empty; no records at all.
  for (const std::string& bytes : {Boot(kNow - 40 * kDay) + Boot(kNow - 30 * kDay), std::string(), std::string("binary\xff", 7),
                                   std::string(4000, '\xff'), Login(kNow)}) {
    machine_.files["/var/log/wtmp"] = bytes;
    EXPECT_TRUE(absl::IsNotFound(Collect())) << bytes.size();
  }
}

class RebootRequiredTest : public testing::Test {
 protected:
  absl::Status Collect() {
    collected_ = {};
    return MakeRebootRequiredProbe(machine_)->Collect(collected_);
  }
  void Install(const std::string& release) {
    machine_.files["/lib/modules/" + release + "/modules.dep"] = "";
    machine_.files["/boot/vmlinuz-" + release] = "";
  }

  AnsweringPlatform machine_;  // runs 6.1.0-28-amd64
  Collected collected_;
};

TEST_F(RebootRequiredTest, PackagesAskForIt) {
  Install("6.1.0-28-amd64");
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required"), 0);
  machine_.files["/run/reboot-required"] = "*** System restart required ***\n";
  machine_.files["/run/reboot-required.pkgs"] = "libc6\nlinux-image-6.1.0-40-amd64\nlibc6\n\n";
  machine_.attributes["/run/reboot-required"] = {.modified = absl::FromUnixSeconds(77)};
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required"), 1);
  EXPECT_EQ(collected_.Integer("steward_reboot_required_reason{reason=packages}"), 1);
  EXPECT_EQ(collected_.Integer("steward_reboot_required_since_timestamp_seconds"), 77);
  EXPECT_EQ(collected_.Integer("steward_reboot_required_package_info{package=libc6}"), 1);
}

TEST_F(RebootRequiredTest, ANewerKernelIsInstalled) {
  Install("6.1.0-28-amd64");
  Install("6.1.0-9-amd64");
  Install("6.12.0-1-cloud-amd64");
  machine_.files["/lib/modules/6.1.0-99-amd64/updates/x.ko"] = "";  // the kernel itself is gone
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required"), 0);
  Install("6.1.0-31-amd64");
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required"), 1);
  EXPECT_EQ(collected_.Integer("steward_reboot_required_kernel_info{installed=6.1.0-31-amd64,running=6.1.0-28-amd64}"), 1);
}

TEST_F(RebootRequiredTest, TheRunningKernelsModulesAreGone) {
  Install("6.1.0-27-amd64");
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required"), 0) << "a kernel that loads no modules misses none";
  machine_.files["/proc/modules"] = "ext4 1 1 - Live 0x0\n";
  ASSERT_TRUE(Collect().ok());
  EXPECT_EQ(collected_.Integer("steward_reboot_required_reason{reason=modules}"), 1);
}

TEST_F(RebootRequiredTest, AContainerHasNoKernel) { EXPECT_TRUE(absl::IsNotFound(Collect())); }

TEST(KernelReleases, AreOrderedByTheirNumbersWithinTheirKind) {
  EXPECT_TRUE(IsOlderKernel("6.1.0-9-amd64", "6.1.0-10-amd64"));
  EXPECT_TRUE(IsOlderKernel("5.14.0-362.el9.x86_64", "5.14.0-427.el9.x86_64"));
  EXPECT_TRUE(IsOlderKernel("5.14.0-427.el9.x86_64", "5.14.0-427.13.1.el9_4.x86_64"));
  EXPECT_TRUE(IsOlderKernel("6.8", "6.8.1"));
  EXPECT_FALSE(IsOlderKernel("6.8.0", "6.8.0"));
  EXPECT_FALSE(IsOlderKernel("", ""));
  EXPECT_EQ(NewerKernel("5.14.0-362.el9.x86_64", {"5.14.0-427.el9.x86_64", "5.14.0-427.el9.x86_64+debug", "rescue"}),
            "5.14.0-427.el9.x86_64");
  EXPECT_EQ(NewerKernel("6.6.31+rpt-rpi-v8", {"6.6.51+rpt-rpi-2712", "6.6.31+rpt-rpi-v8"}), "");
  EXPECT_EQ(NewerKernel("6.8.0-45-generic", {}), "");
}

}  // namespace
}  // namespace steward::agent
