#include "collector/delivery/message_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/delivery/an_issue.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TextSettings Settings() {
  TextSettings settings;
  absl::LoadTimeZone("Europe/Tallinn", &settings.zone);
  settings.public_url = "https://steward.company.example";
  return settings;
}

std::string Plain(const Notification& notification) { return PlainText(TextOf(notification, Settings())); }

TEST(MessageTextTest, OpenedSaysAllInTheOrderOfTheCatalogue) {
  EXPECT_EQ(Plain(ANotification()),
            "HIGH, SRV-FILE (Head office): /data on SRV-FILE is 93.4 % full: 68 GB of 1 TB left.\n"
            "\n"
            "Since: Mon 2026-03-02 11:00 EET\n"
            "Evidence: now 93.4 % used, limit 91.2 % used; 91.5 % used at Mon 2026-03-02 11:00 EET, rising; free 68 GB\n"
            "If nothing is done: Programs that write there will fail when it is full.\n"
            "Next: Find what grew, clean up or extend the volume.\n"
            "Whose move: Partner, by Mon 2026-03-02 12:30 EET\n"
            "Issue: 1a2b3c4d5e6f7081 (disk-space-low)\n"
            "\n"
            "https://steward.company.example/issues/1a2b3c4d5e6f7081\n");
}

TEST(MessageTextTest, WhoIsOnDutyHasALineOfItsOwn) {
  v1::Issue issue = AnIssue();
  (*issue.mutable_evidence()->mutable_details())["on duty"] = "nobody, so this went to \"desk\"";
  const std::string text = Plain(ANotification("opened", issue));
  EXPECT_THAT(text, HasSubstr("\nOn duty: nobody, so this went to \"desk\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("; on duty")));
}

TEST(MessageTextTest, WorseSaysTheNewSeverityUnderTheSameTopic) {
  v1::Issue issue = AnIssue();
  issue.set_severity("critical");
  issue.set_party("it-manager");
  issue.set_reopened(1);
  issue.set_parent_id("ffff");
  const MessageText text = TextOf(ANotification("updated", issue), Settings());
  EXPECT_THAT(text.lead, HasSubstr("NOW CRITICAL, SRV-FILE (Head office): "));
  EXPECT_EQ(text.topic, TextOf(ANotification(), Settings()).topic);
  EXPECT_EQ(text.severity, Severity::kCritical);
  EXPECT_THAT(PlainText(text), HasSubstr("Since: Mon 2026-03-02 11:00 EET; it came back, 1 time so far\n"));
  EXPECT_THAT(PlainText(text), HasSubstr("Whose move: IT manager, by "));
  EXPECT_THAT(PlainText(text), HasSubstr("Part of: issue ffff\n"));
}

TEST(MessageTextTest, WhatWasClosedSaysWhy) {
  Notification notification = ANotification("resolved");
  v1::Issue& issue = notification.issue;
  EXPECT_THAT(Plain(notification), HasSubstr("\nNext: Nothing has to be done: the data shows that it is over.\n"));
  issue.set_state("closed");
  EXPECT_THAT(Plain(notification), HasSubstr("\nNext: Nothing: somebody has closed it, the history says why.\n"));
  issue.clear_resolved_time();
  EXPECT_THAT(Plain(notification), HasSubstr("\nNext: Nothing: it is no longer watched.\n"));
  issue.set_drill(true);
  EXPECT_THAT(Plain(notification), HasSubstr("\nNext: Nothing: the drill is over.\n"));
}

TEST(MessageTextTest, ResolvedSaysWhatWasWrongAndForHowLong) {
  EXPECT_EQ(Plain(ANotification("resolved")),
            "RESOLVED, SRV-FILE (Head office): Volume nearly full.\n"
            "\n"
            "It was: high from Mon 2026-03-02 11:00 EET to Mon 2026-03-02 14:15 EET (3 h)\n"
            "What was wrong: /data on SRV-FILE is 93.4 % full: 68 GB of 1 TB left.\n"
            "Evidence: now 93.4 % used, limit 91.2 % used; 91.5 % used at Mon 2026-03-02 11:00 EET, rising; free 68 GB\n"
            "Next: Nothing has to be done: the data shows that it is over.\n"
            "Issue: 1a2b3c4d5e6f7081 (disk-space-low)\n"
            "\n"
            "https://steward.company.example/issues/1a2b3c4d5e6f7081\n");
}

TEST(MessageTextTest, AGroupSaysOnceWhatIsTheSameForAll) {
  Notification group;
  group.event = "bundle";
  group.reason = "group";
  for (const char* host : {"SRV-A", "SRV-B", "SRV-C"}) group.parts.push_back({"opened", AnIssue(host, host)});
  EXPECT_EQ(Plain(group),
            "HIGH, Head office: Volume nearly full on 3 machines.\n"
            "\n"
            "If nothing is done: Programs that write there will fail when it is full.\n"
            "Next: Find what grew, clean up or extend the volume.\n"
            "HIGH, SRV-A (Head office): /data on SRV-A is 93.4 % full: 68 GB of 1 TB left. Since Mon 2026-03-02 11:00 EET. "
            "Partner, by Mon 2026-03-02 12:30 EET. https://steward.company.example/issues/SRV-A\n"
            "HIGH, SRV-B (Head office): /data on SRV-B is 93.4 % full: 68 GB of 1 TB left. Since Mon 2026-03-02 11:00 EET. "
            "Partner, by Mon 2026-03-02 12:30 EET. https://steward.company.example/issues/SRV-B\n"
            "HIGH, SRV-C (Head office): /data on SRV-C is 93.4 % full: 68 GB of 1 TB left. Since Mon 2026-03-02 11:00 EET. "
            "Partner, by Mon 2026-03-02 12:30 EET. https://steward.company.example/issues/SRV-C\n"
            "\n"
            "https://steward.company.example\n");
}

TEST(MessageTextTest, ADigestHasTheWorstFirstAndOfEachIssueTheLastWord) {
  Notification digest;
  digest.event = "bundle";
  digest.reason = "digest";
  digest.parts.push_back({"opened", AnIssue("a", "SRV-A", "low")});
  digest.parts.push_back({"opened", AnIssue("b", "SRV-B", "medium")});
  digest.parts.push_back({"opened", AnIssue("c", "SRV-C", "medium")});
  digest.parts.back().issue.set_type("inodes-low");  // three of a type would be a campaign
  digest.parts.push_back({"resolved", AnIssue("b", "SRV-B", "medium")});
  TextSettings without_url;
  const MessageText text = TextOf(digest, without_url);
  EXPECT_EQ(text.topic, "3 issues: 1 medium, 1 low, 1 over");
  EXPECT_EQ(text.lead, "Collected since the last such message: 3 issues, 1 medium, 1 low, 1 over.");
  ASSERT_EQ(text.lines.size(), 3U);
  EXPECT_EQ(text.lines[0].label, "MEDIUM, SRV-C (Head office)");
  EXPECT_EQ(text.lines[1].label, "LOW, SRV-A (Head office)");
  EXPECT_EQ(text.lines[2].label, "RESOLVED, SRV-B (Head office)");
  EXPECT_EQ(text.lines[2].text, "Volume nearly full, /data, is over [b]");
  EXPECT_TRUE(text.link.empty());
}

TEST(MessageTextTest, TheSameLowOrMediumTroubleOnManyMachinesIsOneLineWithItsMachines) {
  Notification worksheet;
  worksheet.event = "bundle";
  worksheet.reason = "digest";
  for (const char* host : {"PC-1", "PC-2", "PC-3"}) worksheet.parts.push_back({"opened", AnIssue(host, host, "low")});
  worksheet.parts.push_back({"opened", AnIssue("a", "SRV-A", "high")});
  worksheet.parts.push_back({"opened", AnIssue("b", "SRV-B", "high")});
  worksheet.parts.push_back({"opened", AnIssue("c", "SRV-C", "high")});
  v1::Issue other = AnIssue("d", "PC-1", "low");
  other.set_type("reboot-pending");
  other.set_title("Restart waits");
  worksheet.parts.push_back({"opened", other});
  worksheet.parts.push_back({"resolved", AnIssue("PC-2", "PC-2", "low")});
  const MessageText text = TextOf(worksheet, TextSettings());
  ASSERT_EQ(text.lines.size(), 5U) << "what is high is told machine by machine";
  EXPECT_EQ(text.lines[3].label, "LOW, 2 times at Head office");
  EXPECT_EQ(text.lines[3].text,
            "Volume nearly full on PC-1 /data, PC-3 /data. Partner, by Mon 2026-03-02 10:30 UTC. Next: Find what grew, clean up or "
            "extend the volume. Done already: PC-2 /data.");
  EXPECT_EQ(text.lines[4].label, "LOW, PC-1 (Head office)") << "another type";
}

TEST(MessageTextTest, OfALongWorksheetACampaignStillCountsEachMachine) {
  Notification worksheet;
  worksheet.event = "bundle";
  worksheet.reason = "digest";
  for (int i = 0; i < 150; ++i) worksheet.parts.push_back({"opened", AnIssue("i" + std::to_string(i), "PC-" + std::to_string(i), "low")});
  const MessageText text = TextOf(worksheet, TextSettings());
  ASSERT_EQ(text.lines.size(), 1U);
  EXPECT_EQ(text.lead, "Collected since the last such message: 150 issues, 150 low.");
  EXPECT_THAT(text.lines[0].text, HasSubstr("PC-99 /data and 50 more."));
}

TEST(MessageTextTest, WhatIsBeyondTheRateSaysHowManyItAre) {
  Notification rate;
  rate.event = "bundle";
  rate.reason = "rate";
  for (int i = 0; i < 250; ++i) rate.parts.push_back({"opened", AnIssue("i" + std::to_string(i))});
  const MessageText text = TextOf(rate, Settings());
  EXPECT_THAT(text.lead, HasSubstr("250 messages in one"));
  EXPECT_EQ(text.lines.size(), 101U);
  EXPECT_THAT(text.lines.back().text, HasSubstr("150 more"));
}

TEST(MessageTextTest, WhatAMachineSaysIsNeitherMarkupNorControl) {
  v1::Issue issue = AnIssue();
  issue.set_summary("<script>alert(1)</script>\x1b[2J\r\nBcc: x@y \"a\" & b");
  const MessageText text = TextOf(ANotification("opened", issue), Settings());
  EXPECT_THAT(HtmlText(text), Not(HasSubstr("<script>")));
  EXPECT_THAT(HtmlText(text), HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(PlainText(text), Not(HasSubstr("\x1b")));
  EXPECT_THAT(PlainText(text), Not(HasSubstr("\r")));
}

TEST(MessageTextTest, AnIssueWithoutAnythingIsStillTold) {
  v1::Issue issue;
  issue.set_id("x");
  issue.set_type("manual");
  EXPECT_THAT(Plain(ANotification("opened", issue)), HasSubstr("Issue: x (manual)"));
  Notification empty;
  empty.event = "bundle";
  EXPECT_EQ(Plain(empty), "\n");
}

TEST(MessageTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcdef", 5), "ab...");
  EXPECT_EQ(CutText("a\u00e4\u00e4\u00e4\u00e4", 7), "a\u00e4...");
}

}  // namespace
}  // namespace steward::collector
