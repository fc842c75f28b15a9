// Every file in timelines/ gives exactly the issues it says, and the same ones when it is run again.
#include "collector/policy/timeline/timeline.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

std::vector<std::string> TimelineFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(STEWARD_SOURCE_DIR "/tests/collector/rules/timelines")) {
    if (entry.path().extension() == ".timeline") files.push_back(entry.path().stem().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class TimelineTest : public ::testing::TestWithParam<std::string> {};

TEST_P(TimelineTest, GivesTheExpectedIssuesTwice) {
  std::ifstream file(STEWARD_SOURCE_DIR "/tests/collector/rules/timelines/" + GetParam() + ".timeline");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto timeline = ParseTimeline(GetParam(), text);
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  const auto events = RunTimeline(*timeline);
  ASSERT_TRUE(events.ok()) << events.status();
  EXPECT_EQ(CompareTimeline(*timeline, *events), "");
  const auto again = RunTimeline(*timeline);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*events, *again) << "a replay gave other issues, ids or keys";
}

std::string TestName(const ::testing::TestParamInfo<std::string>& param) {
  std::string name = param.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Timelines, TimelineTest, ::testing::ValuesIn(TimelineFiles()), TestName);

TEST(TimelineParserTest, RefusesWhatWouldNotEnd) {
  EXPECT_FALSE(ParseTimeline("some", "interval 0s\n").ok());
  EXPECT_FALSE(ParseTimeline("some", "100000d end\n").ok());
}

TEST(TimelineRunnerTest, SaysWhatItCannotRun) {
  const auto run = [](std::string_view text) { return std::string(RunTimeline(*ParseTimeline("some", text)).status().message()); };
  EXPECT_THAT(run("1m disk / used\n"), ::testing::HasSubstr("some:1: write \"disk / 100GB used 50%\""));
  EXPECT_THAT(run("1m machine sings\n2m end\n"), ::testing::HasSubstr("some:1: \"machine sings\" is not understood"));
  EXPECT_THAT(run("rule disk-space-lo raise=0s\n1m end\n"), ::testing::HasSubstr("there is no rule"));
  EXPECT_EQ(run("1m collector stops\n2m collector stops\n3m copy connects\n4m end\n"), "");
}

TEST(TimelineRunnerTest, OfAFleetItSaysWhichMachineAndHowManyMessages) {
  const auto timeline = ParseTimeline("some", "fleet 3\nrule disk-space-low raise=0s\n0s disk / 100GB used 50%\n1m on 2 disk / used 90%\n"
                                              "1m expect on 3 opened disk-space-low / medium\n25h expect messages partner 2\n26h end\n");
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  EXPECT_EQ(CompareTimeline(*timeline, *RunTimeline(*timeline)),
            "the site:\nsome:6: expected 1d1h messages partner 2, came 1d1h messages partner 1\n"
            "machine 2:\nnot expected: 1m opened disk-space-low / medium told\n"
            "machine 3:\nsome:5: expected 1m opened disk-space-low / medium, nothing came\n");
}

TEST(TimelineParserTest, RefusesAFleetOrAMachineThatIsNone) {
  EXPECT_FALSE(ParseTimeline("some", "fleet 201\n").ok());
  EXPECT_FALSE(ParseTimeline("some", "1m on first disk / used 1%\n").ok());
}

TEST(TimelineParserTest, NamesTheLineThatItDoesNotUnderstand) {
  const auto timeline = ParseTimeline("some", "class server\n1x disk / used 10%\n");
  EXPECT_THAT(std::string(timeline.status().message()), ::testing::HasSubstr("some:2:"));
}

}  // namespace
}  // namespace steward::collector
