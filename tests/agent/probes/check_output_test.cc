// What Nagios' plugins and Checkmk's local checks print is read as they mean it, and nothing that is printed does harm.
#include "agent/probes/check_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>


namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

double ValueOf(const CheckVerdict& verdict, std::string_view metric) {
  for (const CheckValue& value : verdict.values) {
    if (value.metric == metric) return value.value;
  }
  ADD_FAILURE() << "no " << metric;
  return 0;
}

TEST(CheckOutput, NagiosGivesTextPerformanceDataAndLongText) {
  const auto verdicts = ParseCheckOutput(
      2,
      "DISK CRITICAL - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968\n"
      "/boot 68 MB (69%);\n/home 69357 MB (27%); | '/boot it''s'=68KB;88\ntime=1.5ms pl=20% n=12c u=U;1;2 odd=3furlongs\n");
  ASSERT_THAT(verdicts, SizeIs(1));
  const CheckVerdict& verdict = verdicts[0];
  EXPECT_EQ(verdict.name, "");
  EXPECT_EQ(verdict.status, kCheckCritical);
  EXPECT_EQ(verdict.text, "DISK CRITICAL - free space: / 3326 MB (56%);\n/boot 68 MB (69%);\n/home 69357 MB (27%);");
  EXPECT_THAT(verdict.values, SizeIs(6));
  EXPECT_EQ(ValueOf(verdict, "/"), 2643.0 * 1024 * 1024);
  EXPECT_EQ(ValueOf(verdict, "/boot it's"), 68.0 * 1024);
  EXPECT_DOUBLE_EQ(ValueOf(verdict, "time"), 0.0015);
  EXPECT_DOUBLE_EQ(ValueOf(verdict, "pl"), 0.2);
  EXPECT_EQ(ValueOf(verdict, "n"), 12);
  EXPECT_EQ(ValueOf(verdict, "odd"), 3);
}

TEST(CheckOutput, AnotherExitCodeIsUnknownAndSaysSo) {
  const auto verdicts = ParseCheckOutput(127, "");
  ASSERT_THAT(verdicts, SizeIs(1));
  EXPECT_EQ(verdicts[0].status, kCheckUnknown);
  EXPECT_THAT(verdicts[0].text, HasSubstr("127"));
  EXPECT_EQ(ParseCheckOutput(0, "")[0].status, kCheckGood);
}

TEST(CheckOutput, CheckmkGivesAServiceALine) {
  const auto verdicts = ParseCheckOutput(
      0,
      "0 \"My service\" myvalue=73;80;90;0;100|other=-2.5 all is well\\nbelow\n"
      "2 Plain - it is down\n"
      "P Level count=40;30;50 warns by its level\n"
      "P Low temperature=5;10:30;5.5:35 below its lower level\n"
      "P None - nothing to judge\n"
      "what is this\n");
  ASSERT_THAT(verdicts, SizeIs(6));
  EXPECT_EQ(verdicts[0].name, "My service");
  EXPECT_EQ(verdicts[0].status, kCheckGood);
  EXPECT_EQ(verdicts[0].text, "all is well\nbelow");
  EXPECT_EQ(ValueOf(verdicts[0], "myvalue"), 73);
  EXPECT_EQ(ValueOf(verdicts[0], "other"), -2.5);
  EXPECT_EQ(verdicts[1].status, kCheckCritical);
  EXPECT_THAT(verdicts[1].values, SizeIs(0));
  EXPECT_EQ(verdicts[2].status, kCheckWarning);
  EXPECT_EQ(verdicts[3].status, kCheckCritical);
  EXPECT_EQ(verdicts[4].status, kCheckGood);
  EXPECT_EQ(verdicts[5].name, "");
  EXPECT_EQ(verdicts[5].status, kCheckUnknown);
  EXPECT_THAT(verdicts[5].text, HasSubstr("not understood"));
}

TEST(CheckOutput, ATextThatBeginsWithANumberIsNagios) {
  const auto verdicts = ParseCheckOutput(1, "0 files older than a day | n=0");
  ASSERT_THAT(verdicts, SizeIs(1));
  EXPECT_EQ(verdicts[0].status, kCheckWarning);
  EXPECT_EQ(verdicts[0].text, "0 files older than a day");
}

TEST(CheckOutput, HostileOutputStaysWithinItsBounds) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "0 S" + std::to_string(i) + " v=1 text\n";
  EXPECT_THAT(ParseCheckOutput(0, many), SizeIs(kCheckServicesMax));
  std::string values = "text |";
  for (int i = 0; i < 5000; ++i) values += " v" + std::to_string(i) + "=1";
  EXPECT_THAT(ParseCheckOutput(0, values)[0].values, SizeIs(kCheckValuesMax));
  EXPECT_THAT(ParseCheckOutput(0, std::string(100'000, 'x'))[0].text, SizeIs(kCheckTextBytesMax));
  for (const std::string_view text : {"|", "||", "a|'", "a|'b", "a|=", "a|b=", "a|b==;;;", "0 \"", "0 \"a", "0 a =", "P a v=;;", "P a v=1;:;:",
                                      "\xff\xfe|\xff=1", "a|b=1e999999", "0 a v=nan", "a|b=----"}) {
    EXPECT_FALSE(ParseCheckOutput(0, text).empty()) << text;
  }
}

}  // namespace
}  // namespace steward::agent
