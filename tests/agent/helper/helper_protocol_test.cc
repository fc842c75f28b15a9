// Agent and helper understand each other, and neither believes what is no question or no answer.
#include "agent/platform/linux/helper_protocol.h"

#include <string>

#include "gtest/gtest.h"

namespace steward::agent {
namespace {

TEST(HelperProtocol, AQuestionComesOverUnchanged) {
  for (const ToolDefinition& tool : ToolList()) {
    if (!tool.needs_root) continue;
    std::string line = FormatHelperQuestion({tool.tool, absl::Seconds(30)});
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    const auto question = ParseHelperQuestion(line);
    ASSERT_TRUE(question.ok()) << question.status();
    EXPECT_EQ(question->tool, tool.tool);
    EXPECT_EQ(question->deadline, absl::Seconds(30));
  }
}

TEST(HelperProtocol, OnlyQuestionsOfTheListAreTaken) {
  for (const char* line : {"", "smart", "smart ", "smart x", "smart 0", "smart -1", "smart 99999999999", "smart 1 2",
                           "/bin/sh 1000", "rpm 1000", " smart 1000", "smart\n1000", "SMART 1000"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseHelperQuestion(line).status())) << line;
  }
}

TEST(HelperProtocol, AnAnswerIsToldWithItsSize) {
  const std::string text = FormatHelperAnswer(std::string("a\nb"));
  EXPECT_EQ(text, "ok 3\na\nb");
  const auto size = ParseHelperAnswerHead("ok 3");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(*size, 3U);
}

TEST(HelperProtocol, AnErrorKeepsItsKindAndFitsOnALine) {
  std::string text = FormatHelperAnswer(absl::NotFoundError("no smartctl\nhere"));
  EXPECT_EQ(text, "error NOT_FOUND no smartctl here\n");
  text.pop_back();
  const auto head = ParseHelperAnswerHead(text);
  EXPECT_TRUE(absl::IsNotFound(head.status()));
  EXPECT_EQ(head.status().message(), "no smartctl here");
  EXPECT_LE(FormatHelperAnswer(absl::UnknownError(std::string(1 << 20, 'x'))).size(), kHelperLineMax);
}

TEST(HelperProtocol, AnAnswerThatIsTooLongBecomesAnError) {
  EXPECT_TRUE(FormatHelperAnswer(std::string(kHelperAnswerMax + 1, 'x')).starts_with("error RESOURCE_EXHAUSTED "));
}

TEST(HelperProtocol, WhatIsNoAnswerIsNotBelieved) {
  for (const char* line : {"", "ok", "ok ", "ok -1", "ok 99999999999", "ok 1x", "error", "error ", "error OK fine", "yes 3"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseHelperAnswerHead(line).status())) << line;
  }
}

}  // namespace
}  // namespace steward::agent
