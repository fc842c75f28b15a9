// Faults are counted once each, however often the log is read.
#include "agent/probes/kernel_log.h"

#include <string>

#include "base/text.h"
#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

Collected Counts(const KernelEvents& events) {
  Collected collected;
  events.Report(collected);
  return collected;
}

TEST(KernelEvents, EachLineIsCountedOnce) {
  KernelEvents events;
  const std::string first =
      "12\t5000\toom_kill\tmysqld\tOut of memory\n"
      "15\t6000\tdisk_io_error\tsdb\tI/O error\n"
      "16\t6001\tdisk_io_error\tsdb\tI/O error\n"
      "20\t9000\tmachine_check\t\tMachine check\n";
  events.Count(first);
  events.Count(first);
  EXPECT_EQ(Counts(events).Integer("steward_kernel_events_total{event=oom_kill,subject=mysqld}"), 1);
  EXPECT_EQ(Counts(events).Integer("steward_kernel_events_total{event=disk_io_error,subject=sdb}"), 2);
  EXPECT_EQ(Counts(events).Integer("steward_kernel_events_total{event=machine_check,subject=}"), 1);
  events.Count("20\t9000\tmachine_check\t\tMachine check\n21\t9500\toom_kill\tmysqld\tOut of memory\n");
  EXPECT_EQ(Counts(events).Integer("steward_kernel_events_total{event=oom_kill,subject=mysqld}"), 2);
  events.Count("");
  EXPECT_EQ(Counts(events).Integer("steward_kernel_events_total{event=disk_io_error,subject=sdb}"), 2)
      << "what the ring has lost is counted still";
}

TEST(KernelEvents, WhoWasKilledForMemoryIsSaidInWords) {
  KernelEvents events;
  events.Count("1\t10\tdisk_io_error\tsda\ttext\n");
  EXPECT_TRUE(events.Notes().empty());
  events.Count("2\t20\toom_kill\tjava\ttext\n3\t30\toom_kill\tjava\ttext\n4\t40\toom_kill\tchrome\ttext\n");
  ASSERT_EQ(events.Notes().size(), 1u);
  EXPECT_EQ(events.Notes()[0].text, "killed for memory since the machine started: chrome once, java 2 times");
  const std::string before = events.Notes()[0].state;
  events.Count("5\t50\toom_kill\tjava\ttext\n");
  EXPECT_NE(events.Notes()[0].state, before) << "told at once";
}

TEST(KernelEvents, SubjectsWithoutEndBecomeOne) {
  KernelEvents events;
  std::string lines;
  for (int i = 0; i < 1000; ++i) StrAppend(&lines, i, "\t1\thung_task\tkworker/", i, "\ttext\n");
  for (int i = 1000; i < 2000; ++i) StrAppend(&lines, i, "\t1\tkind", i, "\tx\ttext\n");
  events.Count(lines);
  const Collected counts = Counts(events);
  EXPECT_LE(counts.integers.size(), 150u);
  EXPECT_EQ(counts.Integer("steward_kernel_events_total{event=hung_task,subject=other}"), 1000 - static_cast<int>(kKernelSubjectsMax));
}

TEST(KernelEvents, DamagedLinesAreLeftOut) {
  KernelEvents events;
  events.Count("x\t1\ta\tb\tc\n\n1\n2\t\n3\t1\toom_kill\n99999999999999999999999\t1\ta\tb\tc\n\xff\t\t\t\t\n4\t1\t\tb\tc\n");
  EXPECT_TRUE(Counts(events).integers.empty());
  events.Count("5\t1\toom_kill\ta\tc");
  EXPECT_EQ(Counts(events).integers.size(), 1u);
}

}  // namespace
}  // namespace steward::agent
