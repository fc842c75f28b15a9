// The parsers of the kernel's plain counters, from text.
#include <string>

#include "agent/probes/cpu.h"
#include "agent/probes/diskstats.h"
#include "agent/probes/loadavg.h"
#include "agent/probes/memory.h"
#include "agent/probes/pressure.h"
#include "agent/probes/vmstat.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

TEST(LoadAverage, IsKeptInHundredths) {
  Collected collected;
  ASSERT_TRUE(ParseLoadAverage("0.43 12.07 0.00 2/96 6961\n", collected).ok());
  EXPECT_EQ(collected.Integer("node_load1"), 43);
  EXPECT_DOUBLE_EQ(collected.Scaled("node_load5"), 12.07);
  EXPECT_EQ(collected.Integer("node_load15"), 0);
}

TEST(LoadAverage, RefusesWhatIsNoNumber) {
  Collected collected;
  for (const std::string_view text : {"", "0.43", "0.43 x 0.1 2/3 4", "1.-2 0.1 0.1", "garbage\xff\xfe"}) {
    const absl::Status status = ParseLoadAverage(text, collected);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_NE(status.message().find("/proc/loadavg"), absl::string_view::npos);
  }
}

TEST(Meminfo, KilobytesBecomeBytesByScaleAndBracketsUnderscores) {
  Collected collected;
  MetricFamilies families;
  ASSERT_TRUE(
      ParseMeminfo("MemTotal:  24684096 kB\nActive(anon):  12 kB\nHugePages_Total:  3\n", families, collected).ok());
  EXPECT_EQ(collected.Integer("node_memory_MemTotal_bytes"), 24684096);
  EXPECT_DOUBLE_EQ(collected.Scaled("node_memory_MemTotal_bytes"), 24684096.0 * 1024);
  EXPECT_EQ(collected.Integer("node_memory_Active_anon_bytes"), 12);
  EXPECT_EQ(collected.Integer("node_memory_HugePages_Total"), 3);
  EXPECT_EQ(collected.metrics.at("node_memory_HugePages_Total")->numerator, 1);
}

TEST(Meminfo, RefusesGarbage) {
  Collected collected;
  MetricFamilies families;
  for (const std::string_view text : {"", "MemTotal 5 kB", "MemTotal: x kB", "MemTotal: 5 MB", ": 5 kB", "\x01\x02"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseMeminfo(text, families, collected))) << text;
  }
}

TEST(Meminfo, AFloodOfFieldsIsBounded) {
  Collected collected;
  MetricFamilies families;
  std::string text;
  for (int field = 0; field < 5000; ++field) text += StrCat("Field", field, ": 1 kB\n");
  ASSERT_TRUE(ParseMeminfo(text, families, collected).ok());
  EXPECT_EQ(collected.integers.size(), kFamiliesMax);
}

TEST(Vmstat, KeepsPagingAndReclaimOnly) {
  Collected collected;
  MetricFamilies families;
  ASSERT_TRUE(
      ParseVmstat("nr_free_pages 5\npgpgin 7\npgmajfault 9\noom_kill 2\nnr_zone_x abc\n", families, collected).ok());
  EXPECT_EQ(collected.integers.size(), 3u);
  EXPECT_EQ(collected.Integer("node_vmstat_oom_kill"), 2);
  EXPECT_EQ(collected.metrics.at("node_vmstat_pgpgin")->type, MetricType::kUntyped);
}

TEST(Vmstat, RefusesAWantedFieldWithoutNumber) {
  Collected collected;
  MetricFamilies families;
  EXPECT_TRUE(absl::IsDataLoss(ParseVmstat("pgpgin\n", families, collected)));
}

TEST(Pressure, TakesTotalsInMicroseconds) {
  Collected collected;
  const std::string_view text =
      "some avg10=0.14 avg60=0.31 avg300=0.27 total=11591244\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=8\n";
  ASSERT_TRUE(ParsePressure(PressureResource::kIo, text, collected).ok());
  EXPECT_DOUBLE_EQ(collected.Scaled("node_pressure_io_waiting_seconds_total"), 11.591244);
  EXPECT_EQ(collected.Integer("node_pressure_io_stalled_seconds_total"), 8);
  ASSERT_TRUE(ParsePressure(PressureResource::kCpu, text, collected).ok());
  EXPECT_EQ(collected.integers.size(), 3u);
}

TEST(Pressure, RefusesALineWithoutTotal) {
  Collected collected;
  EXPECT_FALSE(ParsePressure(PressureResource::kCpu, "some avg10=0.14\n", collected).ok());
  EXPECT_FALSE(ParsePressure(PressureResource::kCpu, "", collected).ok());
}

TEST(KernelStat, ReadsCpusAndCounters) {
  const auto stat = ParseKernelStat(
      "cpu  3 2 1 0 0 0 0 0 0 0\ncpu0 1341 2 1644 121837 49 0 20 443 5 6\ncpu11 1 2 3 4\n"
      "intr 292648 0 1 2\nctxt 516156\nbtime 1795328973\nprocesses 6961\nprocs_running 2\nprocs_blocked 1\n"
      "softirq 100 1 2 3 4 5 6 7 8 9 10\n");
  ASSERT_TRUE(stat.ok()) << stat.status();
  ASSERT_EQ(stat->cpus.size(), 2u);
  EXPECT_EQ(stat->cpus[0].ticks[kIdle], 121837u);
  EXPECT_EQ(stat->cpus[0].ticks[kGuestNice], 6u);
  EXPECT_EQ(stat->cpus[1].cpu, "11");
  EXPECT_EQ(stat->cpus[1].ticks[kSteal], 0u);
  EXPECT_EQ(stat->boot_time, 1795328973u);
  EXPECT_EQ(stat->forks, 6961u);
  EXPECT_EQ((*stat->softirqs)[9], 10u);
}

TEST(KernelStat, ATruncatedFileIsAnErrorThatNamesTheLine) {
  for (const std::string_view text :
       {"", "cpu0 12 3", "cpu0 1 2 3 4\nctxt", "cpu0 1 2 3 4\nsoftirq 1 2", "cpux 1 2 3 4 5\n", "cpu0 1 2 x 4 5 6\n"}) {
    const auto stat = ParseKernelStat(text);
    ASSERT_FALSE(stat.ok()) << text;
    EXPECT_NE(stat.status().message().find("/proc/stat"), absl::string_view::npos);
  }
}

TEST(KernelStat, NumbersBeyondTheTypeSaturate) {
  const auto stat = ParseKernelStat("cpu0 99999999999999999999999999 2 3 4 5\n");
  ASSERT_TRUE(stat.ok());
  EXPECT_EQ(stat->cpus[0].ticks[kUser], std::numeric_limits<std::uint64_t>::max());
}

TEST(Diskstats, ScalesSectorsAndMilliseconds) {
  Collected collected;
  ASSERT_TRUE(ParseDiskstats(" 254 0 vda 93486 28697 3095226 46337 35775 20875 2913800 15038 0 35260 62281 4925 85 "
                             "530752 757 2182 147\n   8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n",
                             collected)
                  .ok());
  EXPECT_EQ(collected.integers.size(), 17u);
  EXPECT_DOUBLE_EQ(collected.Scaled("node_disk_read_bytes_total{device=vda}"), 3095226.0 * 512);
  EXPECT_DOUBLE_EQ(collected.Scaled("node_disk_io_time_seconds_total{device=vda}"), 35.26);
  EXPECT_EQ(collected.Integer("node_disk_flush_requests_total{device=vda}"), 2182);
}

TEST(Diskstats, AnOldKernelHasFewerFields) {
  Collected collected;
  ASSERT_TRUE(ParseDiskstats("8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n", collected).ok());
  EXPECT_EQ(collected.integers.size(), 11u);
  EXPECT_FALSE(ParseDiskstats("8 0 sda 1 2 3 4 5\n", collected).ok());
  EXPECT_FALSE(ParseDiskstats("8 0\n", collected).ok());
}

TEST(Diskstats, LeavesOutPartitionsAndPseudoDisks) {
  for (const std::string_view name : {"ram0", "loop12", "fd0", "sda1", "hdb2", "vdz99", "xvda1", "nvme0n1p1"}) {
    EXPECT_TRUE(IsIgnoredDisk(name)) << name;
  }
  for (const std::string_view name : {"sda", "sdaa1", "nvme0n1", "md0", "dm-0", "zram0", "mmcblk0p1", "sr0", "loop"}) {
    EXPECT_FALSE(IsIgnoredDisk(name)) << name;
  }
}

}  // namespace
}  // namespace steward::agent
