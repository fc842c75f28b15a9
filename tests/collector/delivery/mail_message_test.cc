#include "collector/delivery/mail_message.h"

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/delivery/an_issue.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

MailHead AHead() { return {"steward@company.example", {"it@company.example", "boss@company.example"}, "0123abcd", "1a2b", true, kNine}; }

TEST(MailMessageTest, IsWholeAndCarriesTheThread) {
  const std::string mail = MailMessage(AHead(), TextOf(ANotification(), {}));
  EXPECT_THAT(mail, StartsWith("From: Steward <steward@company.example>\r\n"
                               "To: it@company.example,\r\n boss@company.example\r\n"
                               "Subject: "));
  EXPECT_THAT(mail, HasSubstr("\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n"
                              "Message-ID: <0123abcd@company.example>\r\n"
                              "In-Reply-To: <issue-1a2b@company.example>\r\n"
                              "References: <issue-1a2b@company.example>\r\n"
                              "Importance: high\r\n"));
  EXPECT_THAT(mail, HasSubstr("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(mail, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
}

TEST(MailMessageTest, EveryLineEndsAsMailWantsAndIsShortEnough) {
  v1::Issue issue = AnIssue();
  issue.set_summary(std::string(3000, 'x') + "\n.\nlone\rreturn \u00e4\u00f6");
  const std::string mail = MailMessage(AHead(), TextOf(ANotification("opened", issue), {}));
  for (std::size_t i = 0; i < mail.size(); ++i) {
    const bool ends_alone = mail[i] == '\n' && (i == 0 || mail[i - 1] != '\r');
    const bool returns_alone = mail[i] == '\r' && (i + 1 == mail.size() || mail[i + 1] != '\n');
    ASSERT_FALSE(ends_alone || returns_alone) << i;
  }
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(mail, "\r\n"))) EXPECT_LE(line.size(), 78U) << line;
}

TEST(MailMessageTest, NothingBecomesAHeader) {
  v1::Issue issue = AnIssue();
  issue.set_title("full\r\nBcc: thief@elsewhere.example\r\n\r\nbody");
  issue.set_host_name("srv\nX-Bad: 1");
  MailHead head = AHead();
  head.idempotency_key = "k\r\nX-Bad: 2";
  head.thread = "t>\r\nX-Bad: 3";
  const std::string mail = MailMessage(head, TextOf(ANotification("opened", issue), {}));
  const std::string headers = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_THAT(headers, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(headers, Not(HasSubstr("\nX-Bad")));
  EXPECT_THAT(headers, HasSubstr("multipart/alternative"));
}

TEST(MailMessageTest, UpdatesHaveTheSameSubjectBehindRe) {
  MailHead head = AHead();
  const MessageText text = TextOf(ANotification("resolved"), {});
  head.is_first = false;
  EXPECT_THAT(MailMessage(head, text), Not(HasSubstr("Importance")));
  Notification quiet = ANotification();
  quiet.quiet = true;
  EXPECT_THAT(MailMessage(head, TextOf(quiet, {})), Not(HasSubstr("Importance")));
  EXPECT_EQ(EncodedHeader("Re: short"), "Re: short");
}

TEST(MailMessageTest, HeadersAreEncodedBetweenCharacters) {
  EXPECT_EQ(EncodedHeader("\u00e4"), "=?UTF-8?B?w6Q=?=");
  const std::string encoded = EncodedHeader(std::string(41, 'a') + "\u00e4\u00e4");
  EXPECT_THAT(encoded, HasSubstr("?=\r\n =?UTF-8?B?"));
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(encoded, "\r\n"))) EXPECT_LE(line.size(), 76U);
  EXPECT_THAT(EncodedHeader("=?looks encoded?="), StartsWith("=?UTF-8?B?"));
}

TEST(MailMessageTest, QuotedPrintableKeepsSpacesAtTheEndAndBreaksLongLines) {
  EXPECT_EQ(QuotedPrintable("a=b \n\u00e4"), "a=3Db=20\r\n=C3=A4");
  const std::string text = QuotedPrintable(std::string(100, 'x'));
  EXPECT_EQ(text, std::string(73, 'x') + "=\r\n" + std::string(27, 'x'));
}

}  // namespace
}  // namespace steward::collector
