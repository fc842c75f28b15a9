// UPSes as NUT's server tells of them.
#include "agent/probes/ups.h"

#include "gtest/gtest.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

TEST(Ups, WhatTheServerTellsArrivesUnderKnownNames) {
  Collected ups;
  ASSERT_TRUE(ParseUps("UPS rack \"Rack \\\"1\\\"\"\n"
                       "VAR rack battery.charge \"97\"\n"
                       "VAR rack battery.runtime \"1320\"\n"
                       "VAR rack battery.voltage \"13.65\"\n"
                       "VAR rack battery.date \"2019/05/31\"\n"
                       "VAR rack ups.load \"41.5\"\n"
                       "VAR rack ups.status \"OB DISCHRG LB\"\n"
                       "VAR rack ups.test.result \"Done and passed\"\n"
                       "VAR rack device.mfr \"EATON\"\n"
                       "VAR rack ups.model \"Ellipse \\\"ECO\\\" 650\"\n"
                       "VAR rack driver.version \"2.8.0\"\n"
                       "UPS old \"Cellar\"\n"
                       "ERR old DATA-STALE\n",
                       ups)
                  .ok());
  EXPECT_EQ(ups.Integer("steward_ups_up{ups=rack}"), 1);
  EXPECT_EQ(ups.Scaled("network_ups_tools_battery_charge{ups=rack}"), 97);
  EXPECT_EQ(ups.Scaled("network_ups_tools_battery_runtime{ups=rack}"), 1320);
  EXPECT_EQ(ups.Scaled("network_ups_tools_battery_voltage{ups=rack}"), 13.65);
  EXPECT_EQ(ups.Scaled("network_ups_tools_ups_load{ups=rack}"), 41.5);
  EXPECT_EQ(ups.Integer("network_ups_tools_ups_status{flag=OB,ups=rack}"), 1);
  EXPECT_EQ(ups.Integer("network_ups_tools_ups_status{flag=LB,ups=rack}"), 1);
  EXPECT_EQ(ups.Integer("network_ups_tools_ups_status{flag=OL,ups=rack}"), 0);
  EXPECT_EQ(ups.Integer("network_ups_tools_ups_status{flag=RB,ups=rack}"), 0);
  EXPECT_EQ(ups.Integer("network_ups_tools_device_info{mfr=EATON,model=Ellipse \"ECO\" 650,serial=,ups=rack}"), 1);
  EXPECT_EQ(ups.Integer("steward_ups_battery_timestamp_seconds{ups=rack}"), 1559260800);
  EXPECT_EQ(ups.Integer("steward_ups_self_test_passed{ups=rack}"), 1);
  EXPECT_EQ(ups.Integer("steward_ups_up{ups=old}"), 0);
  EXPECT_FALSE(ups.Has("network_ups_tools_ups_status{flag=OL,ups=old}"));
}

TEST(Ups, TheDayOfABattery) {
  const auto day = [](std::string_view text) {
    const auto time = ParseBatteryDate(text);
    return time.has_value() ? absl::FormatTime("%Y-%m-%d", *time, absl::UTCTimeZone()) : std::string("none");
  };
  EXPECT_EQ(day("2021/03/15"), "2021-03-15");
  EXPECT_EQ(day("2021-03-15"), "2021-03-15");
  EXPECT_EQ(day("2021/03"), "2021-03-01");
  EXPECT_EQ(day("11/22/20"), "2020-11-22");
  for (const char* none : {"", "not set", "00/00/00", "2021/13/01", "1980/01/01", "2021/02/30", "1/2/3/4", "22", "99999/1/1", "/", "--"}) {
    EXPECT_EQ(day(none), "none") << none;
  }
}

TEST(Ups, AServerThatTellsNonsenseGivesNoSamplesTwice) {
  Collected ups;
  EXPECT_TRUE(absl::IsNotFound(ParseUps("", ups)));
  EXPECT_TRUE(absl::IsNotFound(ParseUps("VAR nobody battery.charge \"9\"\nOK\n\xff\xfe\n", ups)));
  ASSERT_TRUE(ParseUps("UPS a\nUPS a\nVAR a battery.charge \"5\"\nVAR a battery.charge \"6\"\nVAR a ups.load many\nVAR a ups.status \"OL OL \\\n"
                       "VAR a battery.runtime \"99999999999999999999999\"\nVAR a input.voltage \"-\"\nVAR b ups.load \"1\"\nVAR a\n",
                       ups)
                  .ok());
  EXPECT_EQ(ups.Scaled("network_ups_tools_battery_charge{ups=a}"), 5);
  EXPECT_EQ(ups.Integer("network_ups_tools_ups_status{flag=OL,ups=a}"), 1);
  EXPECT_FALSE(ups.Has("network_ups_tools_ups_load{ups=a}"));
  EXPECT_FALSE(ups.Has("steward_ups_up{ups=b}"));
}

TEST(Ups, ASelfTestThatFoundSomethingIsTold) {
  Collected ups;
  ASSERT_TRUE(ParseUps("UPS a\nVAR a ups.test.result \"Done and error\"\nUPS b\nVAR b ups.test.result \"No test initiated\"\n", ups).ok());
  EXPECT_EQ(ups.Integer("steward_ups_self_test_passed{ups=a}"), 0);
  EXPECT_FALSE(ups.Has("steward_ups_self_test_passed{ups=b}"));
}

}  // namespace
}  // namespace steward::agent
