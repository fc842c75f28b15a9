// The other parsers, from text.
#include <string>
#include <vector>

#include "agent/probes/arp.h"
#include "agent/probes/buddyinfo.h"
#include "agent/probes/conntrack.h"
#include "agent/probes/filefd.h"
#include "agent/probes/filesystem.h"
#include "agent/probes/hwmon.h"
#include "agent/probes/interrupts.h"
#include "agent/probes/mdadm.h"
#include "agent/probes/netdev.h"
#include "agent/probes/netstat.h"
#include "agent/probes/os.h"
#include "agent/probes/processes.h"
#include "agent/probes/schedstat.h"
#include "agent/probes/sockstat.h"
#include "agent/probes/softnet.h"
#include "agent/probes/tcp_states.h"
#include "agent/probes/text.h"
#include "agent/probes/udp_queues.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

TEST(Text, FixedPointKeepsTheWrittenDecimals) {
  EXPECT_EQ(ParseFixed("0.43", 2), 43);
  EXPECT_EQ(ParseFixed("12", 2), 1200);
  EXPECT_EQ(ParseFixed("-1.5", 1), -15);
  EXPECT_EQ(ParseFixed("1.239", 2), 123);
  EXPECT_EQ(ParseFixed("9223372036854775807.9", 2), std::numeric_limits<std::int64_t>::max());
  for (const std::string_view text : {"", ".", "1.", "x", "1.x", "1.-3", " 1"}) {
    EXPECT_FALSE(ParseFixed(text, 2).has_value()) << text;
  }
}

TEST(Text, NumbersSaturateInsteadOfWrapping) {
  EXPECT_EQ(ParseUnsigned("18446744073709551616"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ParseInteger("-9223372036854775809"), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(ParseUnsigned("-1").has_value());
  EXPECT_EQ(ParseHex("0x1003"), 0x1003u);
}

TEST(Mountinfo, UnescapesNamesAndJudgesReadOnlyByTheSuperBlock) {
  const auto mounts = ParseMountinfo(
      "70 28 253:2 / /home/Shared\\040Files ro,relatime shared:34 master:1 - ext4 /dev/mapper/vg-home rw\n"
      "71 28 8:1 / /usb rw - exfat /dev/sda1 ro,x\n"
      "72 28 8:2 / /srv rw,relatime - ext4 /dev/sda2 rw,emergency_ro,errors=remount-ro\n"
      "73 28 8:3 / /data rw,relatime - ext4 /dev/sda3 rw,errors=remount-ro\n");
  ASSERT_TRUE(mounts.ok()) << mounts.status();
  EXPECT_EQ((*mounts)[0].mount_point, "/home/Shared Files");
  EXPECT_FALSE((*mounts)[0].is_read_only);
  EXPECT_TRUE((*mounts)[1].is_read_only);
  EXPECT_TRUE((*mounts)[2].is_read_only) << "an error made ext4 refuse writes";
  EXPECT_FALSE((*mounts)[3].is_read_only);
  EXPECT_FALSE(ParseMountinfo("70 28 253:2 / /home rw shared:1 - ext4\n").ok());
  EXPECT_FALSE(ParseMountinfo("70 28\n").ok());
}

TEST(Mountinfo, PseudoFileSystemsAndPlacesAreLeftOut) {
  for (const std::string_view type : {"proc", "cgroup2", "overlay", "squashfs"}) EXPECT_TRUE(IsIgnoredFileSystem(type));
  for (const std::string_view type : {"ext4", "tmpfs", "nfs4", "vfat"}) EXPECT_FALSE(IsIgnoredFileSystem(type));
  for (const std::string_view place : {"/dev", "/dev/shm", "/run/user/0", "/mnt/x", "/var/lib/docker/overlay2"}) {
    EXPECT_TRUE(IsIgnoredMountPoint(place)) << place;
  }
  for (const std::string_view place : {"/", "/devel", "/home", "/var/lib/docker", "/srv/dev"}) {
    EXPECT_FALSE(IsIgnoredMountPoint(place)) << place;
  }
}

TEST(NetDev, ReadsColumnsEvenWithoutABlankAfterTheColon) {
  Collected collected;
  std::vector<std::string_view> devices;
  ASSERT_TRUE(
      ParseNetDev("a|b\nc|d\n  lo: 1\neth0:123 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", devices, collected).ok());
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(collected.Integer("node_network_receive_bytes_total{device=eth0}"), 123);
  EXPECT_EQ(collected.Integer("node_network_transmit_compressed_total{device=eth0}"), 16);
  EXPECT_FALSE(ParseNetDev("", devices, collected).ok());
  EXPECT_FALSE(ParseNetDev("a|b\nc|d\neth0: 1 2\n", devices, collected).ok());
}

TEST(Netstat, PairsNamesWithValues) {
  Collected collected;
  MetricFamilies families;
  ASSERT_TRUE(ParseNetstat("x", "Tcp: MaxConn ActiveOpens Foo InErrs\nTcp: -1 8812 zz 2\n", families, collected).ok());
  EXPECT_EQ(collected.integers.size(), 2u);
  EXPECT_EQ(collected.Integer("node_netstat_Tcp_InErrs"), 2);
  for (const std::string_view text : {"Tcp: A\n", "Tcp: A B\nTcp: 1\n", "Tcp: A\nUdp: 1\n", "Tcp A\nTcp 1\n"}) {
    EXPECT_FALSE(ParseNetstat("x", text, families, collected).ok()) << text;
  }
  ASSERT_TRUE(ParseSnmp6("Ip6InOctets \t5\nUdpLite6InErrors 7\nIcmp6Foo 9\n", families, collected).ok());
  EXPECT_EQ(collected.Integer("node_netstat_Ip6_InOctets"), 5);
  EXPECT_EQ(collected.Integer("node_netstat_UdpLite6_InErrors"), 7);
  EXPECT_FALSE(collected.Has("node_netstat_Icmp6_Foo"));
}

TEST(Sockstat, PagesBecomeBytesByScale) {
  Collected collected;
  MetricFamilies families;
  ASSERT_TRUE(ParseSockstat("x", "sockets: used 17\nTCP: inuse 2 mem 190\n", 4096, families, collected).ok());
  EXPECT_EQ(collected.Integer("node_sockstat_sockets_used"), 17);
  EXPECT_DOUBLE_EQ(collected.Scaled("node_sockstat_TCP_mem_bytes"), 190.0 * 4096);
  EXPECT_FALSE(ParseSockstat("x", "TCP inuse 2\n", 4096, families, collected).ok());
}

TEST(ProcessStat, TheCommandMayHoldAnything) {
  const auto process = ParseProcessStat("900 (a) R (b c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 42 0 0\n");
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->state, 'S');
  EXPECT_EQ(process->threads, 42u);
  EXPECT_EQ(process->name, "a) R (b c");
  EXPECT_EQ(process->ticks, 11u + 12u);
  EXPECT_EQ(process->resident_pages, 0u) << "cut";
  EXPECT_EQ(ParseProcessStat("1 (x) S 1 2 3 4 5 6 7 8 9 10 700 50 13 14 15 16 1 18 19 20 999 22\n")->resident_pages, 999u);
  for (const std::string_view text : {"", "1 (x", "1 (x) SS 1", "1 (x) S 1 2 3"}) {
    EXPECT_FALSE(ParseProcessStat(text).ok()) << text;
  }
}

TEST(Mdstat, ADegradedAndARecoveringArray) {
  Collected collected;
  ASSERT_TRUE(ParseMdstat("Personalities : [raid1]\nmd0 : active raid1 sdb1[1](F) sda1[0]\n"
                          "      976630464 blocks super 1.2 [2/1] [U_]\n      bitmap: 3/8 pages\n\n"
                          "md1 : active raid5 sdf1[3] sde1[1] sdd1[0]\n      195 blocks level 5 [3/2] [UU_]\n"
                          "      [=>..]  recovery =  8.5% (83/976) finish=112.9min\n\nunused devices: <none>\n",
                          collected)
                  .ok());
  EXPECT_EQ(collected.Integer("node_md_disks{device=md0,state=failed}"), 1);
  EXPECT_EQ(collected.Integer("node_md_disks_required{device=md0}"), 2);
  EXPECT_EQ(collected.Integer("node_md_state{device=md1,state=recovering}"), 1);
  EXPECT_EQ(collected.Integer("node_md_blocks_synced{device=md1}"), 83);
  for (const std::string_view text : {"md0 : active raid1 sda1[0]\n", "md0\n", "md0 : active raid1 a[0]\n x blocks\n",
                                      "md0 : active raid1 a[0]\n 5 blocks [2/x] [U_]\n"}) {
    EXPECT_FALSE(ParseMdstat(text, collected).ok()) << text;
  }
}

TEST(Hwmon, FileNamesAreSplitAsTheKernelNamesThem) {
  SensorFile file;
  ASSERT_TRUE(ParseSensorFile("temp1_crit_alarm", file));
  EXPECT_EQ(file.sensor + "|" + file.type + "|" + file.element, "temp1|temp|crit_alarm");
  ASSERT_TRUE(ParseSensorFile("pwm2", file));
  EXPECT_EQ(file.sensor + "|" + file.element, "pwm2|");
  ASSERT_TRUE(ParseSensorFile("update_interval", file));
  EXPECT_EQ(file.sensor, "update_interval0");
  for (const std::string_view name : {"name", "uevent", "temp1x", "temp1_", "", "1_input"}) {
    EXPECT_FALSE(ParseSensorFile(name, file)) << name;
  }
  EXPECT_EQ(CleanSensorName("coretemp.0"), "coretemp_0");
  EXPECT_EQ(CleanSensorName("  "), "");
}

TEST(SmallFiles, RefuseWhatIsCut) {
  Collected collected;
  EXPECT_FALSE(ParseFileNr("9120\t0\n", collected).ok());
  EXPECT_FALSE(ParseBuddyinfo("Node 0, zone\n", collected).ok());
  EXPECT_FALSE(ParseSchedstat("cpu0 1 2 3\n", collected).ok());
  EXPECT_FALSE(ParseSoftnet("zz\n", collected).ok());
  EXPECT_FALSE(ParseConntrackStat("heading\n00 01\n", collected).ok());
  EXPECT_FALSE(ParseArp("heading\n192.0.2.1 0x1\n", collected).ok());
  EXPECT_FALSE(ParseUdpQueues("x", "heading\n 1: a b 07 nonsense\n").ok());
}

TEST(SmallFiles, AreRead) {
  Collected collected;
  ASSERT_TRUE(ParseFileNr("9120\t0\t9223372036854775807\n", collected).ok());
  EXPECT_EQ(collected.Integer("node_filefd_maximum"), std::numeric_limits<std::int64_t>::max());
  ASSERT_TRUE(ParseSoftnet("00000012 00000001 00000000 0 0 0 0 0 0 0 0 0 00000007\n", collected).ok());
  EXPECT_EQ(collected.Integer("node_softnet_processed_total{cpu=7}"), 18);
  const auto queues = ParseUdpQueues("x", "heading\n 1: a b 07 00000001:00000120 z\n 2: a b 07 00000001:00000000 z\n");
  ASSERT_TRUE(queues.ok());
  EXPECT_EQ(queues->sent, 2u);
  EXPECT_EQ(queues->received, 0x120u);
}

TEST(Interrupts, AppearWithTheirFirstByLineDeviceAndProcessor) {
  Collected collected;
  ASSERT_TRUE(ParseInterrupts("           CPU0       CPU2\n"
                              " 41:      17519          0 PCI-MSIX-0000:00:04.0   1-edge      virtio3-rx\n"
                              "NMI:          0          3   Non-maskable interrupts\n"
                              "ERR:          7\n",
                              collected)
                  .ok());
  EXPECT_EQ(collected.integers.size(), 2u);
  EXPECT_EQ(collected.Integer("node_interrupts_total{cpu=0,devices=1-edge virtio3-rx,info=PCI-MSIX-0000:00:04.0,type=41}"),
            17519);
  EXPECT_EQ(collected.Integer("node_interrupts_total{cpu=2,devices=,info=Non-maskable interrupts,type=NMI}"), 3);
  EXPECT_FALSE(ParseInterrupts("", collected).ok());
  EXPECT_FALSE(ParseInterrupts("no heading\n", collected).ok());
  EXPECT_FALSE(ParseInterrupts("CPU0 CPU1\nnonsense\n", collected).ok());
  EXPECT_FALSE(ParseInterrupts("CPU0 CPU1 CPU2\n 1: 5 6\n", collected).ok());
}

TEST(TcpStates, AreCountedWithoutTheQueuesOfListeners) {
  TcpStates states;
  ASSERT_TRUE(ParseTcpStates("x",
                             "heading\n"
                             " 0: 0100007F:1D37 00000000:0000 0A 00000000:00000005 z\n"
                             " 1: 0100007F:1D37 0100007F:9C40 01 00000010:00000020 z\n"
                             " 2: 0100007F:1D37 0100007F:9C41 01 00000001:00000000 z\n",
                             states)
                  .ok());
  EXPECT_EQ(states.connections[1], 2u);
  EXPECT_EQ(states.connections[10], 1u);
  EXPECT_EQ(states.sent, 0x11u);
  EXPECT_EQ(states.received, 0x20u);
  for (const char* line : {"0: a b", "0: a b 00 0:0", "0: a b 0D 0:0", "0: a b 01 0", "0: a b 01 x:0"}) {
    EXPECT_FALSE(ParseTcpStates("x", std::string("heading\n") + line + "\n", states).ok()) << line;
  }
}

TEST(OsRelease, QuotesAreTakenOff) {
  const auto release = ParseOsRelease("# c\nNAME=\"Debian \\\"x\\\"\"\nID=debian\nEMPTY=\nA='b c'\nnonsense\n");
  EXPECT_EQ(release.at("NAME"), "Debian \"x\"");
  EXPECT_EQ(release.at("A"), "b c");
  EXPECT_EQ(release.at("EMPTY"), "");
  EXPECT_EQ(release.size(), 4u);
}

}  // namespace
}  // namespace steward::agent
