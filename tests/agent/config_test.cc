#include "agent/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(AgentConfigTest, AnEmptyFileMeansTheDefaults) {
  const auto config = ParseAgentConfig("", "agent.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->spool_bytes_max, 64u * 1024 * 1024);
  EXPECT_EQ(config->spool_age_max, absl::Hours(14 * 24));
  EXPECT_EQ(config->log_level, "info");
}

TEST(AgentConfigTest, EveryKeyIsRead) {
  const auto config = ParseAgentConfig(R"(
[collector]
addresses = ["inside:7443", "[2001:db8::1]:7443"]
proxy = "proxy.example:3128"
[log]
format = "json"
level = "debug"
[spool]
size = "1.5GiB"
age = "2d"
)", "agent.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->addresses, ElementsAre("inside:7443", "[2001:db8::1]:7443"));
  EXPECT_EQ(config->proxy, "proxy.example:3128");
  EXPECT_TRUE(config->log_json);
  EXPECT_EQ(config->spool_bytes_max, 3u << 29);
  EXPECT_EQ(config->spool_age_max, absl::Hours(48));
}

TEST(AgentConfigTest, EveryMistakeIsNamedWithItsLineAndWhatToWrite) {
  const struct {
    const char* text;
    const char* line;
    const char* words;
  } cases[] = {
      {"[colector]\n", ":1:", "unknown key \"colector\""},
      {"[spool]\nsizes = \"1MiB\"\n", ":2:", "known are size, age"},
      {"[spool]\nsize = 64\n", ":2:", "must be text"},
      {"[spool]\nsize = \"64\"\n", ":2:", "64MiB"},
      {"[spool]\nsize = \"64 parsecs\"\n", ":2:", "64MiB"},
      {"[spool]\nsize = \"1KiB\"\n", ":2:", "bounds"},
      {"[spool]\nage = \"14\"\n", ":2:", "14d"},
      {"\n[log]\nlevel = \"loud\"\n", ":3:", "\"debug\", \"info\""},
      {"[collector]\naddresses = \"inside:7443\"\n", ":2:", "must be a list"},
      {"[collector]\naddresses = []\n", ":2:", "must be a list"},
      {"[collector]\naddresses = [\"inside\"]\n", ":2:", "host and port"},
      {"collector = 1\n", ":1:", "must be a table"},
      {"[collector\n", ":1:", ""},
  };
  for (const auto& c : cases) {
    const auto config = ParseAgentConfig(c.text, "agent.toml");
    ASSERT_TRUE(absl::IsInvalidArgument(config.status())) << c.text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(std::string("agent.toml") + c.line)) << c.text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(c.words)) << c.text;
  }
}

TEST(AgentConfigTest, AllMistakesAreToldAtOnce) {
  const auto config = ParseAgentConfig("[log]\nlevel = 3\n[spool]\nage = \"x\"\n", "agent.toml");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(":2:"));
  EXPECT_THAT(std::string(config.status().message()), HasSubstr(":4:"));
}

TEST(AnswersTest, AreReadAndWrittenBack) {
  const auto answers = ParseAnswers("room = \"2.14 \\\"north\\\"\"\npurchase_date = 2024-03-01\nprice = 900\n", "answers.toml");
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_THAT(*answers, SizeIs(3));
  const auto again = ParseAnswers(FormatAnswers(*answers), "again");
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_THAT(*again, SizeIs(3));
  EXPECT_EQ((*again)[0].key, "price");
  EXPECT_EQ((*again)[0].value, "900");
  EXPECT_EQ((*again)[1].value, "2024-03-01");
  EXPECT_EQ((*again)[2].value, "2.14 \"north\"");
}

TEST(AnswersTest, UnknownKeysAreErrors) {
  const auto answers = ParseAnswers("rom = \"2.14\"\n", "answers.toml");
  EXPECT_TRUE(absl::IsInvalidArgument(answers.status()));
  EXPECT_THAT(std::string(answers.status().message()), HasSubstr("answers.toml:1: unknown key \"rom\""));
  EXPECT_FALSE(ParseAnswers("room = [1]\n", "answers.toml").ok());
}

}  // namespace
}  // namespace steward::agent
