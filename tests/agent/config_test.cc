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

TEST(AgentConfigTest, ChecksAndExportersOfTheCompanyItself) {
  const auto config = ParseAgentConfig(R"(
[checks]
directory = "/srv/checks"
interval = "5m"
[[check]]
name = "raid"
deadline = "2m"
[[scrape]]
name = "postgres"
url = "http://127.0.0.1:9187/metrics"
metrics = ["pg_up", "pg_stat_*"]
series_max = 50
[[scrape]]
name = "far"
url = "http://db.example:9187/metrics"
metrics = ["pg_up"]
interval = "15s"
deadline = "3s"
allow_remote = true
[[certificate]]
path = "/etc/postfix/mail.pem"
[space]
largest_directories = false
)", "agent.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  const ProbeSettings& probes = config->probes;
  EXPECT_EQ(probes.checks_directory, "/srv/checks");
  EXPECT_EQ(probes.check.interval, absl::Minutes(5));
  ASSERT_THAT(probes.checks, SizeIs(1));
  EXPECT_EQ(probes.checks[0].name, "raid");
  EXPECT_EQ(probes.checks[0].interval, absl::Minutes(5));  // of [checks]
  EXPECT_EQ(probes.checks[0].deadline, absl::Minutes(2));
  ASSERT_THAT(probes.scrapes, SizeIs(2));
  EXPECT_THAT(probes.scrapes[0].metrics, ElementsAre("pg_up", "pg_stat_*"));
  EXPECT_EQ(probes.scrapes[0].series_max, 50u);
  EXPECT_EQ(probes.scrapes[1].interval, absl::Seconds(15));
  EXPECT_EQ(probes.scrapes[1].deadline, absl::Seconds(3));
  EXPECT_THAT(probes.certificates, ElementsAre("/etc/postfix/mail.pem"));
  EXPECT_FALSE(probes.names_directories);
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
      {"[checks]\ndirectory = \"checks.d\"\n", ":2:", "must begin with /"},
      {"[checks]\ndeadline = \"30\"\n", ":2:", "30s"},
      {"[check]\nname = \"raid\"\n", ":1:", "[[check]]"},
      {"[[check]]\ninterval = \"60s\"\n", ":1:", "name = "},
      {"[[check]]\nname = \"../raid\"\n", ":1:", "name of the file"},
      {"[[certificate]]\n", ":1:", "needs its file"},
      {"[[certificate]]\npath = \"mail.pem\"\n", ":1:", "needs its file"},
      {"[[scrape]]\nname = \"a\"\nurl = \"http://127.0.0.1:1/metrics\"\n", ":1:", "metrics must list"},
      {"[[scrape]]\nname = \"a\"\nmetrics = [\"*\"]\nurl = \"http://127.0.0.1:1/metrics\"\n", ":3:", "metrics must list"},
      {"[[scrape]]\nname = \"a\"\nmetrics = [\"a\"]\nurl = \"https://127.0.0.1:1/metrics\"\n", ":4:", "plain HTTP"},
      {"[[scrape]]\nname = \"a\"\nmetrics = [\"a\"]\nurl = \"http://db.example:1/metrics\"\n", ":4:", "allow_remote"},
      {"[[scrape]]\nmetrics = [\"a\"]\nurl = \"http://127.0.0.1/\"\n", ":1:", "a name of its own"},
      {"[[scrape]]\nname = \"a\"\nmetrics = [\"a\"]\nurl = \"http://[::1]/\"\nseries_max = 0\n", ":5:", "series_max"},
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
