// fwupd's word on newer firmware, kept while fwupd sleeps.
#include "agent/probes/firmware_upgrades.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/agent/probes/answering_platform.h"
#include "tests/agent/probes/collected.h"

namespace steward::agent {
namespace {

// As fwupd 2.0 writes it, shortened; "Urgency" is of 2.1.
constexpr std::string_view kUpgrades = R"({"Devices" : [
  {"Name" : "Integrated Webcam", "Flags" : ["updatable"], "Version" : "1.2.2", "Releases" : [
    {"Version" : "1.2.4", "Vendor" : "ACME Corp", "Flags" : ["is-upgrade"]}, {"Version" : "1.2.3"}]},
  {"Name" : "System Firmware", "Version" : "1.9", "Releases" : [
    {"Version" : "1.11"}, {"Version" : "1.10", "Issues" : ["#12", "CVE-2025-1234"]}]},
  {"Name" : "Dock", "Version" : "3", "Releases" : [{"Version" : "4", "Urgency" : "critical"}]},
  {"Name" : "Dock", "Version" : "3", "Releases" : [{"Version" : "4", "Urgency" : "critical"}]},
  {"Name" : "Up to date", "Version" : "3", "Releases" : []}]})";

TEST(FirmwareUpgradesTest, SecurityIsWhatIsUrgentOrClosesKnownHoles) {
  Collected collected;
  ASSERT_TRUE(ParseFirmwareUpgrades(kUpgrades, collected).ok());
  EXPECT_EQ(collected.Integer("steward_firmware_upgrades_pending{kind=security}"), 3);
  EXPECT_EQ(collected.Integer("steward_firmware_upgrades_pending{kind=other}"), 1);
  EXPECT_EQ(collected.Integer("steward_firmware_upgrade{device=Integrated Webcam,kind=other,newest=1.2.4,version=1.2.2}"), 1);
  EXPECT_EQ(collected.Integer("steward_firmware_upgrade{device=System Firmware,kind=security,newest=1.11,version=1.9}"), 1);
  EXPECT_EQ(collected.integers.size(), 5u) << "two of a kind are one line";
}

TEST(FirmwareUpgradesTest, WhatIsNoAnswerIsTold) {
  Collected collected;
  for (const std::string_view text : {"x", "[]", R"({"Error" : {"Message" : "no"}})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseFirmwareUpgrades(text, collected))) << text;
  }
  EXPECT_TRUE(ParseFirmwareUpgrades(R"({"Devices" : [1, {"Releases" : "x"}, {"Releases" : [3]}]})", collected).ok());
}

TEST(FirmwareUpgradesTest, TheLastWordStandsWhileFwupdSleeps) {
  AnsweringPlatform machine;
  const auto probe = MakeFirmwareUpgradesProbe(machine);
  Collected before;
  machine.tools[Tool::kFirmwareUpgrades] = std::string();
  ASSERT_TRUE(probe->Collect(before).ok());
  EXPECT_TRUE(before.integers.empty()) << "nobody knows yet";
  machine.tools[Tool::kFirmwareUpgrades] = std::string(R"({"Devices":[]})");
  ASSERT_TRUE(probe->Collect(before).ok());
  machine.tools[Tool::kFirmwareUpgrades] = std::string();
  Collected after;
  ASSERT_TRUE(probe->Collect(after).ok());
  EXPECT_EQ(after.Integer("steward_firmware_upgrades_pending{kind=security}"), 0);
}

}  // namespace
}  // namespace steward::agent
