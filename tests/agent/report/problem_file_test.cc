// People's words, as they are kept.
#include "agent/report/problem_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

TEST(ProblemFile, TheLastTwentyAreKept) {
  std::vector<Problem> problems;
  for (int i = 0; i < 25; ++i) NoteProblem({absl::FromUnixSeconds(i), StrCat("number ", i)}, problems);
  ASSERT_EQ(problems.size(), kProblemsMax);
  EXPECT_EQ(problems.front().text, "number 5");
  const auto read = ParseProblems(FormatProblems(problems));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), kProblemsMax);
  EXPECT_EQ(read->back().text, "number 24");
  EXPECT_EQ(read->back().time, absl::FromUnixSeconds(24));
  EXPECT_TRUE(ParseProblems("")->empty());
}

TEST(ProblemFile, TextIsOneLineOfBoundedLength) {
  EXPECT_EQ(*ProblemText("  the \"printer\"\n\x1b is loud \t"), "the \"printer\"   is loud");
  std::string umlauts;
  for (std::size_t i = 0; i < kProblemCharactersMax; ++i) umlauts += "\xc3\xbc";
  EXPECT_TRUE(ProblemText(umlauts).ok());
  EXPECT_THAT(std::string(ProblemText(umlauts + "!").status().message()), HasSubstr("1001 characters"));
  EXPECT_FALSE(ProblemText(" \n").ok());
  EXPECT_FALSE(ProblemText("\xff").ok());
  std::vector<Problem> problems(kProblemsMax, {absl::FromUnixSeconds(1), umlauts});
  EXPECT_TRUE(ParseProblems(FormatProblems(problems)).ok());
}

TEST(ProblemFile, WhatIsNotOursIsRefused) {
  for (const std::string text : {"x", "{}", "{\"problems\":{}}", "{\"problems\":[1]}", "{\"problems\":[{\"text\":\"a\"}]}",
                                 "{\"problems\":[{\"time\":1}]}", "{\"problems\":[{\"time\":-1,\"text\":\"a\"}]}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseProblems(text).status())) << text;
  }
}

}  // namespace
}  // namespace steward::agent
