// How well a machine is guarded, from what its files and root's answers say; what is not known has no series.
#include "agent/probes/posture/posture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "agent/platform/platform.h"
#include "agent/probes/posture/disk_encryption.h"
#include "agent/probes/posture/firewall_state.h"
#include "agent/probes/posture/listeners.h"
#include "agent/probes/posture/protections.h"
#include "agent/probes/posture/ssh_server.h"
#include "base/text.h"
#include "tests/agent/probes/collected.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class PostureTest : public testing::Test {
 protected:
  void Write(std::string_view file, std::string_view text) {
    const std::filesystem::path path = directory_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  Platform& Machine() {
    auto platform = NewRecordedPlatform(directory_.path().string());
    EXPECT_TRUE(platform.ok()) << platform.status();
    platform_ = *std::move(platform);
    return *platform_;
  }
  Collected Collect() {
    Collected collected;
    EXPECT_TRUE(MakePostureProbe(Machine())->Collect(collected).ok());
    return collected;
  }

  TempDir directory_;
  std::unique_ptr<Platform> platform_;
};

TEST_F(PostureTest, RootsWordOfTheFirewallGoesBeforeItsFiles) {
  Write("etc/ufw/ufw.conf", "# on\nENABLED=yes\n");
  Write("steward/syscalls.json", R"({"tools": {"firewall": {"output": "ipv4 accept\nipv6 refuse\nipv9 refuse\nipv4 maybe\n"}}})");
  const Collected collected = Collect();
  EXPECT_EQ(collected.Integer("steward_posture_firewall_enabled{family=ipv4}"), 0);
  EXPECT_EQ(collected.Integer("steward_posture_firewall_enabled{family=ipv6}"), 1);
}

TEST_F(PostureTest, WithoutRootTheFirewallsOwnSettingsCount) {
  Write("steward/syscalls.json", R"({"tools": {"firewall": {"error": "PERMISSION_DENIED", "message": "not permitted"}}})");
  EXPECT_FALSE(Collect().Has("steward_posture_firewall_enabled{family=ipv4}")) << "not known is not off";
  Write("etc/ufw/ufw.conf", "ENABLED=no\n");
  EXPECT_EQ(Collect().Integer("steward_posture_firewall_enabled{family=ipv4}"), 0);
  Write("sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs", "7\n");
  EXPECT_EQ(Collect().Integer("steward_posture_firewall_enabled{family=ipv4}"), 1);
  EXPECT_THAT(ReadFirewallState(Machine(), kPostureDeadline).note, HasSubstr("word of firewalld"));
}

TEST_F(PostureTest, AMachineWithoutAFirewallIsOpen) {
  EXPECT_EQ(Collect().Integer("steward_posture_firewall_enabled{family=ipv4}"), 0);
}

TEST_F(PostureTest, EncryptionIsFoundBelowLvm) {
  Write("proc/1/mountinfo",
        "28 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n60 28 259:2 / /boot rw - ext2 /dev/nvme0n1p2 rw\n"
        "61 28 0:40 /@home /home rw - btrfs /dev/sdb1 rw\ncut\n7 7 7:7 / / rw\n");
  Write("sys/dev/block/253:1/dm/uuid", "LVM-abc\n");
  Write("sys/dev/block/253:1/slaves/dm-0/x", "");
  Write("sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-abc-luks\n");
  const Collected collected = Collect();
  EXPECT_EQ(collected.Integer("steward_posture_disk_encrypted{mountpoint=/}"), 1);
  EXPECT_EQ(collected.Integer("steward_posture_disk_encrypted{mountpoint=/home}"), 0);
  EXPECT_FALSE(collected.Has("steward_posture_disk_encrypted{mountpoint=/boot}"));
}

TEST_F(PostureTest, DevicesInARingEnd) {
  Write("proc/1/mountinfo", "28 1 253:1 / / rw - ext4 /dev/dm-1 rw\n");
  Write("sys/block/dm-1/slaves/dm-1/x", "");
  EXPECT_EQ(Collect().Integer("steward_posture_disk_encrypted{mountpoint=/}"), 0);
}

TEST_F(PostureTest, SshServersOwnWord) {
  Write("steward/syscalls.json",
        R"({"tools": {"ssh-settings": {"output": "port 22\nport 2222\npermitrootlogin without-password\npasswordauthentication yes\nbanner none\nx11forwarding\n"}}})");
  const Collected collected = Collect();
  EXPECT_TRUE(collected.Has("steward_posture_ssh_setting_info{setting=permitrootlogin,source=sshd,value=prohibit-password}"));
  EXPECT_TRUE(collected.Has("steward_posture_ssh_setting_info{setting=port,source=sshd,value=2222}"));
  EXPECT_FALSE(collected.Has("steward_posture_ssh_setting_info{setting=banner,source=sshd,value=none}"));
  EXPECT_EQ(collected.Integer("steward_posture_ssh_root_password_login"), 0);
}

TEST_F(PostureTest, SshServersFilesWithTheirIncludes) {
  Write("etc/ssh/sshd_config",
        "# x\nInclude /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin=yes\nPasswordAuthentication no\nX11Forwarding \"yes\"\n"
        "Include deeper\nMatch User maria\n  MaxAuthTries 1\n");
  Write("etc/ssh/sshd_config.d/10-cloud.conf", "passwordauthentication YES # first word counts\nMatch all\nUsePAM yes\n");
  Write("etc/ssh/sshd_config.d/README", "Port 1\n");
  Write("etc/ssh/deeper", "Include deeper\nPort 2222\n");
  const SshServer server = ReadSshServer(Machine(), kPostureDeadline);
  EXPECT_EQ(server.source, "file");
  EXPECT_THAT(server.settings,
              ElementsAre(Pair("kbdinteractiveauthentication", "yes"), Pair("maxauthtries", "6"), Pair("passwordauthentication", "yes"),
                          Pair("permitemptypasswords", "no"), Pair("permitrootlogin", "yes"), Pair("port", "2222"),
                          Pair("pubkeyauthentication", "yes"), Pair("usepam", "no"), Pair("x11forwarding", "yes")));
  EXPECT_TRUE(server.AllowsRootPassword());
  EXPECT_EQ(Collect().Integer("steward_posture_ssh_root_password_login"), 1);
}

TEST_F(PostureTest, UnreadableSshSettingsAreNotKnown) {
  Write("etc/ssh/sshd_config", "PermitRootLogin yes\n");
  Write("steward/syscalls.json", R"({"file_errors": {"/etc/ssh/sshd_config": {"error": "PERMISSION_DENIED", "message": "x"}}})");
  EXPECT_FALSE(Collect().Has("steward_posture_ssh_root_password_login"));
  EXPECT_THAT(ReadSshServer(Machine(), kPostureDeadline).note, HasSubstr("root reads it"));
}

constexpr std::string_view kHeading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

TEST_F(PostureTest, ListenersThatOthersReach) {
  Write("proc/net/tcp", StrCat(kHeading,
        "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 17212 1 0 100 0 0 10 0\n"
        "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17001 1 0 100 0 0 10 0\n"
        "   2: 0200A8C0:0016 0700A8C0:C350 01 00000000:00000000 02:0000A7F2 00000000     0        0 19000 4 0 20 4 30 10 -1\n"));
  Write("proc/net/tcp6", StrCat(kHeading,
        "   0: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0\n"
        "   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0\n"
        "   2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 3 1 0\n"));
  Write("proc/net/udp", StrCat(kHeading,
        " 1: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4 2 0 0\n"
        " 2: 00000000:EA60 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 5 2 0 0\n"));
  const auto listeners = ReadListeners(Machine());
  ASSERT_TRUE(listeners.ok()) << listeners.status();
  std::string text;
  for (const Listener& one : *listeners) StrAppend(&text, one.protocol, " ", one.address, ":", one.port, " ", one.uid, "\n");
  EXPECT_EQ(text, "tcp 0.0.0.0:22 0\ntcp [::]:80 33\nudp 0.0.0.0:68 0\n");
  EXPECT_EQ(Collect().Integer("steward_posture_listeners{protocol=tcp}"), 2);
}

TEST(Listeners, ACutLineIsToldAndManyAreCut) {
  std::vector<Listener> listeners;
  EXPECT_FALSE(ParseListeners("tcp", "h\n 0: 00000000:0016 00000000:0000 0A 00:00\n", listeners).ok());
  EXPECT_FALSE(ParseListeners("tcp", "h\n 0: 00000000 0 0A 0 0 0 0 0 1\n", listeners).ok());
  EXPECT_FALSE(ParseListeners("tcp", "h\n 0: 0000:1 0 0A 0 0 0 0 0 1\n", listeners).ok());
  EXPECT_FALSE(ParseListeners("tcp", "h\n\xff\xfe\n", listeners).ok());
  std::string many = "h\n";
  for (std::size_t i = 0; i < kListenersMax + 5; ++i) many += " 0: 00000000:0016 0 0A 0 0 0 0 0 1\n";
  EXPECT_TRUE(ParseListeners("tcp", many, listeners).ok());
  EXPECT_EQ(listeners.size(), kListenersMax);
}

TEST_F(PostureTest, AntivirusWithTheAgeOfItsSignatures) {
  EXPECT_FALSE(Collect().Has("steward_posture_antivirus_running{part=scanner}"));
  Write("usr/sbin/clamd", "");
  Write("sys/fs/cgroup/system.slice/clamav-freshclam.service/cgroup.procs", "7\n");
  Write("steward/syscalls.json", R"({"attributes": {
      "/var/lib/clamav/main.cvd": {"kind":0,"mode":420,"user":0,"group":0,"bytes":1,"modified_ns":1600000000000000000},
      "/var/lib/clamav/daily.cld": {"kind":0,"mode":420,"user":0,"group":0,"bytes":1,"modified_ns":1700000000000000000}}})");
  const Collected collected = Collect();
  EXPECT_EQ(collected.Integer("steward_posture_antivirus_running{part=scanner}"), 0);
  EXPECT_EQ(collected.Integer("steward_posture_antivirus_running{part=updater}"), 1);
  EXPECT_EQ(collected.Integer("steward_posture_antivirus_signatures_timestamp_seconds"), 1'700'000'000);
}

TEST_F(PostureTest, ScreenLockAsTheSystemSetsIt) {
  EXPECT_FALSE(Collect().Has("steward_posture_screen_lock_enabled"));
  Write("etc/dconf/db/local.d/00-idle", "[org/gnome/desktop/session]\nidle-delay=uint32 600\n[org/gnome/desktop/screensaver]\nlock-enabled=true\n#lock-delay=1\nlock-delay=uint32 30\n");
  Collected collected = Collect();
  EXPECT_EQ(collected.Integer("steward_posture_screen_lock_enabled"), 1);
  EXPECT_EQ(collected.Integer("steward_posture_screen_lock_delay_seconds"), 630);
  Write("etc/dconf/db/local.d/10-kiosk", "[org/gnome/desktop/session]\nidle-delay=uint32 0\n");
  collected = Collect();
  EXPECT_EQ(collected.Integer("steward_posture_screen_lock_enabled"), 0);
  EXPECT_FALSE(collected.Has("steward_posture_screen_lock_delay_seconds"));
}

TEST_F(PostureTest, SecureBootIsTheByteBehindTheAttributes) {
  const std::string variable = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  EXPECT_FALSE(Collect().Has("steward_posture_secure_boot_enabled"));
  Write(variable, std::string("\x06\0\0\0", 4));
  EXPECT_FALSE(Collect().Has("steward_posture_secure_boot_enabled"));
  Write(variable, std::string("\x06\0\0\0\1", 5));
  EXPECT_EQ(Collect().Integer("steward_posture_secure_boot_enabled"), 1);
  Write("sys/module/apparmor/parameters/enabled", "Y\n");
  EXPECT_EQ(Collect().Integer("steward_posture_access_control_enabled{system=apparmor}"), 1);
  EXPECT_EQ(Collect().Integer("steward_posture_access_control_enabled{system=selinux}"), 0);
}

}  // namespace
}  // namespace steward::agent
