// Which lines of the kernel's log are told as faults; lines as kernels 4.18 to 6.12 write them.
#include "agent/platform/linux/tools/kernel_log.h"

#include <fstream>
#include <string>

#include "agent/platform/linux/tools/kernel_fault.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace steward::agent {
namespace {

struct Line {
  std::string text;
  std::string kind;  // empty: no fault
  std::string subject;
};

class KernelLines : public testing::TestWithParam<Line> {};

TEST_P(KernelLines, AreTold) {
  const auto fault = ClassifyKernelLine(GetParam().text);
  EXPECT_EQ(fault.has_value() ? std::string(fault->kind) : "", GetParam().kind) << GetParam().text;
  EXPECT_EQ(fault.has_value() ? fault->subject : "", GetParam().subject) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, KernelLines,
    testing::Values(
        Line{"Out of memory: Killed process 4711 (mysqld) total-vm:2031616kB, anon-rss:1523000kB", "oom_kill", "mysqld"},
        Line{"Memory cgroup out of memory: Killed process 812 (java) total-vm:1kB", "oom_kill", "java"},
        Line{"Killed process 99 ((sd-pam)) total-vm:1kB", "oom_kill", "(sd-pam)"},
        Line{"blk_update_request: I/O error, dev sdb, sector 2048 op 0x0:(READ) flags 0x80700", "disk_io_error", "sdb"},
        Line{"critical medium error, dev nvme0n1, sector 91 op 0x0:(READ) flags 0x0", "disk_io_error", "nvme0n1"},
        Line{"Buffer I/O error on dev dm-3, logical block 0, lost async page write", "buffer_io_error", "dm-3"},
        Line{"sd 2:0:0:0: Device offlined - not ready after error recovery", "disk_offline", "sd 2:0:0:0"},
        Line{"md/raid1:md0: Disk failure on sdb1, disabling device.", "raid_disk_failed", "md0"},
        Line{"ata3.00: exception Emask 0x0 SAct 0x40 SErr 0x0 action 0x6 frozen", "ata_error", "ata3"},
        Line{"ata3: hard resetting link", "link_reset", "ata3"},
        Line{"ata3.00: disable device", "disk_offline", "ata3"},
        Line{"usb 2-1.4: reset SuperSpeed USB device number 3 using xhci_hcd", "link_reset", "usb 2-1.4"},
        Line{"nvme nvme0: I/O 12 QID 4 timeout, aborting", "nvme_error", "nvme0"},
        Line{"nvme nvme1: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff", "nvme_error", "nvme1"},
        Line{"EXT4-fs error (device dm-0): ext4_lookup:1785: inode #2: comm ls: deleted inode", "filesystem_error", "dm-0"},
        Line{"EXT4-fs (sda1): Remounting filesystem read-only", "filesystem_read_only", "sda1"},
        Line{"XFS (sdc1): Corruption of in-memory data (0x8) detected at xfs_defer_finish", "filesystem_error", "sdc1"},
        Line{"XFS (dm-2): metadata I/O error in \"xfs_da_read_buf+0xd\" at daddr 0x1", "filesystem_error", "dm-2"},
        Line{"BTRFS error (device sda2 state EA): bdev /dev/sdb2 errs: wr 1, rd 0", "filesystem_error", "sda2"},
        Line{"BTRFS: error (device sdb1) in btrfs_commit_transaction:2367: errno=-5 IO failure", "filesystem_error", "sdb1"},
        Line{"BTRFS info (device sda2): forced readonly", "filesystem_read_only", "sda2"},
        Line{"FAT-fs (sdd1): error, fat_free: invalid cluster chain", "filesystem_error", "sdd1"},
        Line{"mce: [Hardware Error]: Machine check events logged", "machine_check", ""},
        Line{"{1}[Hardware Error]: event severity: recoverable", "hardware_error", "recoverable"},
        Line{"EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Chan#1_DIMM#0 (channel:1 slot:0)", "memory_corrected",
             "CPU_SrcID#0_Chan#1_DIMM#0"},
        Line{"EDAC MC1: 1 UE on mc#1csrow#2channel#0 (csrow:2 channel:0 page:0x0)", "memory_error", "mc#1csrow#2channel#0"},
        Line{"INFO: task jbd2/sda1-8:345 blocked for more than 120 seconds.", "hung_task", "jbd2/sda1-8"},
        Line{"watchdog: BUG: soft lockup - CPU#11 stuck for 22s! [kworker/11:1:77]", "lockup", "cpu11"},
        Line{"mce: CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)", "thermal_throttle", "cpu3"},
        Line{"thermal thermal_zone0: acpitz: critical temperature reached, shutting down", "thermal_critical", "thermal_zone0"},
        Line{"NETDEV WATCHDOG: eth0 (e1000e): transmit queue 0 timed out", "network_hang", "eth0"},
        Line{"e1000e 0000:00:1f.6 eno1: Detected Hardware Unit Hang:", "network_hang", "eno1"}));

INSTANTIATE_TEST_SUITE_P(
    Ordinary, KernelLines,
    testing::Values(Line{"", "", ""}, Line{"EXT4-fs (sda1): mounted filesystem with ordered data mode", "", ""},
                    Line{"ata1: SATA link up 6.0 Gbps (SStatus 133 SControl 300)", "", ""},
                    Line{"blk_update_request: I/O error, dev sr0, sector 0 op 0x0:(READ)", "", ""},
                    Line{"blk_update_request: operation not supported error, dev loop0, sector 1", "", ""},
                    Line{"EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0", "", ""},
                    Line{"{1}[Hardware Error]: event severity: corrected", "", ""},
                    Line{"XFS (dm-0): Ending clean mount", "", ""}, Line{"BTRFS info (device sda2): using free space tree", "", ""},
                    Line{"nvme nvme0: 8/0/0 default/read/poll queues", "", ""},
                    Line{"Killed process[17]: segfault at 0 ip 0 sp 0 error 4", "", ""},
                    Line{"CPU0: Core temperature/speed normal (total events = 1)", "", ""}));

TEST(KernelLog, ARecordBecomesALine) {
  EXPECT_EQ(KernelLogLine("3,901,5140900,-;I/O error, dev sda, sector 8\n SUBSYSTEM=block\n DEVICE=b8:0\n"),
            "901\t5140900\tdisk_io_error\tsda\tI/O error, dev sda, sector 8\n");
  EXPECT_EQ(KernelLogLine("3,902,5140901,-,caller=T12;ata1.00: exception Emask\t\x01 \\x0a\n"),
            "902\t5140901\tata_error\tata1\tata1.00: exception Emask?? \\x0a\n");
}

TEST(KernelLog, WhatOthersWriteThereOrIsDamagedIsLeftOut) {
  EXPECT_EQ(KernelLogLine("11,901,5140900,-;I/O error, dev sda, sector 8\n"), "") << "of a program, not of the kernel";
  for (const char* record : {"", ";", "3;", "3,x,1,-;I/O error, dev sda, x", "3,1;I/O error, dev sda, x", "3,1,1,-",
                             "3,111111111111111111111111,1,-;I/O error, dev sda, x"}) {
    EXPECT_EQ(KernelLogLine(record), "") << record;
  }
}

TEST(KernelLog, IsReadToItsEndWithoutWaiting) {
  const TempDir directory;
  const std::string path = (directory.path() / "kmsg").string();
  EXPECT_TRUE(absl::IsNotFound(ReadKernelLog(path).status()));
  std::ofstream(path) << "3,7,1,-;Out of memory: Killed process 1 (a) total\n";
  const auto log = ReadKernelLog(path);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(*log, "7\t1\toom_kill\ta\tOut of memory: Killed process 1 (a) total\n");
  const auto own = ReadKernelLog();
  EXPECT_TRUE(own.ok() || absl::IsPermissionDenied(own.status()) || absl::IsNotFound(own.status())) << own.status();
}

}  // namespace
}  // namespace steward::agent
