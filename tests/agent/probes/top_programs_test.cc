// Who uses most is said while something is short, and only then.
#include "agent/probes/top_programs.h"

#include <gtest/gtest.h>

#include "agent/probes/processes.h"
#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

class TopProgramsTest : public testing::Test {
 protected:
  TopProgramsTest() {
    Available(50);
    Processors(0, 0);
  }
  void Available(int percent) { platform_.files["/proc/meminfo"] = StrCat("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable: ", percent * 10, " kB\n"); }
  // Two of them; ticks since boot.
  void Processors(int busy, int idle) {
    const std::string each = StrCat(" ", busy / 2, " 0 0 ", idle / 2, " 0 0 0 0 0 0\n");
    platform_.files["/proc/stat"] = StrCat("cpu  0 0 0 0 0 0 0 0 0 0\ncpu0", each, "cpu1", each);
  }
  struct Process {
    std::uint64_t pid;
    std::string_view name;
    std::uint64_t ticks, pages;
  };
  std::string Read(const std::vector<Process>& processes) {
    top_.Begin();
    for (const Process& one : processes) top_.Add(one.pid, {.name = one.name, .ticks = one.ticks, .resident_pages = one.pages});
    std::string said;
    for (const Note& note : top_.Finish()) StrAppend(&said, note.key, ": ", note.text, ";");
    return said;
  }

  AnsweringPlatform platform_;
  TopPrograms top_{platform_};
};

TEST_F(TopProgramsTest, NothingIsSaidWhileThereIsEnough) {
  EXPECT_EQ(Read({{1, "init", 5, 100}}), "");
  Available(13);
  EXPECT_EQ(Read({{1, "init", 5, 100}}), "");
}

TEST_F(TopProgramsTest, MemoryIsSummedByNameAndFiveAreNamed) {
  Available(11);
  EXPECT_EQ(Read({{1, "init", 0, 1}, {2, "java", 0, 1'000'000}, {3, "java", 0, 500'000}, {4, "postgres", 0, 250'000}, {5, "a", 0, 4}, {6, "b", 0, 3}, {7, "c", 0, 2}}),
            "memory: 6.14 GB java (2 processes), 1.02 GB postgres, 16.4 kB a, 12.3 kB b, 8.19 kB c;");
  Available(15);
  EXPECT_NE(Read({{2, "java", 0, 1'000'000}}), "") << "still short: it comes and goes else";
  Available(17);
  EXPECT_EQ(Read({{2, "java", 0, 1'000'000}}), "");
}

TEST_F(TopProgramsTest, ProcessorsAreToldOfTheTimeSinceTheReadingBefore) {
  Processors(1000, 1000);
  EXPECT_EQ(Read({{1, "java", 900'000, 1}}), "") << "of one reading nothing is known";
  Processors(1000 + 11'800, 1000 + 200);
  EXPECT_EQ(Read({{1, "java", 900'000 + 9000, 1}, {2, "rsync", 3000, 1}, {3, "quiet", 0, 1}}), "processor: 150 % java, 50 % rsync;");
  Processors(12'800 + 10'000, 1200 + 2000);
  EXPECT_EQ(Read({{1, "java", 909'000 + 6000, 1}}), "processor: 100 % java;") << "until it is calm";
  Processors(22'800 + 5000, 3200 + 7000);
  EXPECT_EQ(Read({{1, "java", 915'000, 1}}), "");
}

TEST_F(TopProgramsTest, FilesThatCannotBeReadSayNothing) {
  platform_.files.clear();
  EXPECT_EQ(Read({{1, "java", 1, 1}}), "");
  platform_.files["/proc/stat"] = "cpu0 x";
  platform_.files["/proc/meminfo"] = "MemTotal: \n";
  EXPECT_EQ(Read({{1, "java", 1, 1}}), "");
}

TEST_F(TopProgramsTest, TheProcessesProbeNamesThemOnServersAlone) {
  Available(5);
  platform_.files["/proc/7/stat"] = "7 (java) S 1 2 3 4 5 6 7 8 9 10 0 0 13 14 15 16 1 18 19 20 1000 22\n";
  ProbeSettings settings;
  settings.notes = std::make_shared<NoteBoard>();
  Collected collected;
  ASSERT_TRUE(MakeProcessesProbe(platform_, settings)->Collect(collected).ok());
  EXPECT_TRUE(settings.notes->groups().empty());
  settings.names_programs = true;
  ASSERT_TRUE(MakeProcessesProbe(platform_, settings)->Collect(collected).ok());
  EXPECT_EQ(settings.notes->groups()["program"][0].text, "4.10 MB java");
}

}  // namespace
}  // namespace steward::agent
