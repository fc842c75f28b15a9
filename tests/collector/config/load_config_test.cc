#include "collector/config/load_config.h"

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/config/rule_scopes.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ConfigVocabulary Words() {
  return {{{"disk-space-low", {"warn_percent", "critical_percent"}}, {"machine-offline", {}}},
          {"webhook", "email", "alertmanager", "slack", "mattermost", "teams", "ntfy"}};
}

std::string ErrorOf(std::string_view text) {
  const absl::StatusOr<Config> config = ParseConfig(text, "collector.toml", Words());
  if (config.ok()) return "no error";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

// The document of CONTRACT.md, every table of it.
constexpr std::string_view kWhole = R"(
[listen]
agents = "0.0.0.0:7443"
http = "127.0.0.1:7480"
[log]
format = "json"
level = "warning"
[agents]
interval = "30s"
disabled_probes = ["sockets"]
[agents.class.laptop]
interval = "60s"
[heartbeat]
urls = ["https://watch.example/ping/abc"]
[[channel]]
name = "partner"
type = "webhook"
url = "https://partner.example/hook"
secret_file = "/etc/steward/hook.key"
[[route]]
channel = "partner"
severity_min = "medium"
[rules.disk-space-low]
raise = "30m"
clear = "0s"
[rules.disk-space-low.levels]
warn_percent = 80
[[rules_for]]
site = "attic"
class = "desktop"
[rules_for.disk-space-low]
raise = "0s"
[rules_for.disk-space-low.levels]
critical_percent = 97.5
[[remote_write]]
url = "http://127.0.0.1:9090/api/v1/write"
[[endpoint]]
name = "intranet"
url = "https://intranet.example/"
[[endpoint]]
name = "name server"
url = "dns://192.0.2.1/intranet.example"
from = ["class:desktop", "machine:srv-file"]
)";

TEST(Config, IsAllDefaultsWhenTheFileIsEmpty) {
  const Config config = ParseConfig("", "collector.toml", Words()).value();
  EXPECT_EQ(config.listen.agents.ToString(), "0.0.0.0:7443");
  EXPECT_EQ(config.listen.http.ToString(), "127.0.0.1:7480");
  EXPECT_EQ(config.agents.interval, absl::Seconds(15));
  EXPECT_TRUE(config.channels.empty());
}

TEST(Config, ReadsEveryTableOfTheContract) {
  const absl::StatusOr<Config> parsed = ParseConfig(kWhole, "collector.toml", Words());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Config& config = *parsed;
  EXPECT_TRUE(config.log.json);
  EXPECT_EQ(config.log.level, "warning");
  EXPECT_EQ(config.agents.interval, absl::Seconds(30));
  EXPECT_THAT(config.agents.disabled_probes, ElementsAre("sockets"));
  EXPECT_EQ(config.agents.by_class.at("laptop").interval, absl::Minutes(1));
  EXPECT_THAT(config.heartbeat.urls, ElementsAre("https://watch.example/ping/abc"));
  ASSERT_EQ(config.channels.size(), 1u);
  EXPECT_EQ(config.channels[0].secret_file, "/etc/steward/hook.key");
  ASSERT_EQ(config.routes.size(), 1u);
  EXPECT_EQ(config.routes[0].severity_min, "medium");
  ASSERT_EQ(config.remote_write.size(), 1u);
  EXPECT_EQ(config.remote_write[0].name, "127.0.0.1:9090");
  ASSERT_EQ(config.agents.endpoints.size(), 2u);
  EXPECT_EQ(config.agents.endpoints[0].name, "intranet");
  EXPECT_THAT(config.agents.endpoints[0].from, ElementsAre("class:server"));
  EXPECT_THAT(config.agents.endpoints[1].from, ElementsAre("class:desktop", "machine:srv-file"));
}

TEST(Config, WhatAnEndpointIsLookedAtForFollowsFromItsAddressUnlessItIsSaid) {
  const absl::StatusOr<Config> config = ParseConfig(R"(
endpoint = [
  {name = "1", url = "https://intranet.example/", vital = true, contains = "Welcome"},
  {name = "2", url = "dns://*/intranet.example"},
  {name = "3", url = "icmp://branch.example"},
  {name = "4", url = "icmp://*"},
  {name = "5", url = "icmp://printer.example", purpose = "service"},
  {name = "6", url = "tcp://192.0.2.1:443", purpose = "internet"},
  {name = "7", url = "tcp://192.0.2.2:443", purpose = "internet"},
  {name = "8", url = "tcp://192.0.2.3:443", purpose = "internet"},
])", "collector.toml", Words());
  ASSERT_TRUE(config.ok()) << config.status();
  std::vector<std::string> purposes;
  for (const EndpointConfig& endpoint : config->agents.endpoints) purposes.push_back(endpoint.purpose);
  EXPECT_THAT(purposes, ElementsAre("service", "name-server", "link", "gateway", "service", "internet", "internet", "internet"));
  EXPECT_TRUE(config->agents.endpoints[0].vital);
  EXPECT_EQ(config->agents.endpoints[0].contains, "Welcome");
}

TEST(Config, AGroupSaysWhatItsMachinesNeed) {
  const absl::StatusOr<Config> config = ParseConfig("[[group]]\nname = \"guests\"\nmachines = [\"vm-*\"]\nruns_on = \"hv1\"\n", "collector.toml", Words());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy.groups[0].runs_on, "hv1");
  const auto wrong = ParseConfig("[[group]]\nname = \"a\"\nmachines = [\"hv1\"]\npowered_by = \"hv1\"\n", "collector.toml", Words());
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("cannot need itself"));
}

TEST(Config, AnEndpointThatCannotBeJudgedIsSaid) {
  const auto error = [](std::string_view text) { return std::string(ParseConfig(text, "collector.toml", Words()).status().message()); };
  EXPECT_THAT(error("[[endpoint]]\nname = \"a\"\nurl = \"tcp://a:1\"\npurpose = \"internet\"\n"), HasSubstr("name 3 hosts outside or more"));
  EXPECT_THAT(error("[[endpoint]]\nname = \"a\"\nurl = \"icmp://a\"\nvital = true\n"), HasSubstr("this one is looked at as link"));
  EXPECT_THAT(error("[[endpoint]]\nname = \"a\"\nurl = \"tcp://a:1\"\ncontains = \"x\"\n"), HasSubstr("http:// and https:// only"));
  EXPECT_THAT(error("[[endpoint]]\nname = \"a\"\nurl = \"tcp://a:1\"\npurpose = \"inter\"\n"), HasSubstr("purpose"));
}

TEST(Config, ReadsEveryTypeOfChannel) {
  const absl::StatusOr<Config> config = ParseConfig(R"(
[delivery]
public_url = "https://steward.company.example"
time_zone = "Europe/Tallinn"
morning = "06:30"
working_hours = "09:00-18:00"
working_days = ["mon", "sat"]
[[channel]]
name = "mail"
type = "email"
server = "mail.company.example:587"
from = "steward@company.example"
to = ["it@company.example", "boss@company.example"]
user = "steward@company.example"
secret_env = "CLIENT_SECRET"
quiet_hours = "22:00-06:00"
messages_per_hour = 30
[channel.oauth]
token_url = "https://login.company.example/token"
client_id = "abc"
scope = "https://mail.example/.default"
[[channel]]
name = "chat"
type = "mattermost"
secret_env = "HOOK"
[[channel]]
name = "push"
type = "ntfy"
url = "https://ntfy.sh"
topic = "steward-1"
[[channel]]
name = "alerts"
type = "alertmanager"
url = "http://127.0.0.1:9093"
[[route]]
channel = "mail"
digest = "by-severity"
)", "collector.toml", Words());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->delivery.morning, absl::Hours(6) + absl::Minutes(30));
  EXPECT_THAT(config->delivery.working_days, ElementsAre(true, false, false, false, false, true, false));
  ASSERT_EQ(config->channels.size(), 4u);
  const ChannelConfig& mail = config->channels[0];
  EXPECT_THAT(mail.email.to, ElementsAre("it@company.example", "boss@company.example"));
  EXPECT_EQ(mail.email.security, "starttls");
  EXPECT_EQ(mail.email.oauth_client_id, "abc");
  EXPECT_EQ(mail.messages_per_hour, 30);
  EXPECT_TRUE(mail.quiet_hours.Contains(absl::Hours(23)));
  EXPECT_TRUE(mail.is_read_by_people);
  EXPECT_EQ(config->channels[2].topic, "steward-1");
  EXPECT_FALSE(config->channels[3].is_read_by_people);
  EXPECT_EQ(config->routes[0].digest, "by-severity");
}

TEST(DayTime, KnowsTheHoursAndNothingElse) {
  EXPECT_EQ(ParseDayTime("07:05"), absl::Hours(7) + absl::Minutes(5));
  for (const char* bad : {"", "7:05", "24:00", "07:60", "+7:05", "07:05x"}) EXPECT_FALSE(ParseDayTime(bad)) << bad;
  EXPECT_FALSE(ParseDayHours("08:00-08:00"));
  EXPECT_FALSE(ParseDayHours("08:00 17:00"));
  const DayHours night = ParseDayHours("22:00-06:00").value();
  EXPECT_TRUE(night.Contains(absl::Hours(22)));
  EXPECT_TRUE(night.Contains(absl::Hours(5)));
  EXPECT_FALSE(night.Contains(absl::Hours(6)));
  EXPECT_TRUE(ParseDayHours("18:00-24:00")->Contains(absl::Hours(23)));
}

TEST(Config, ASecretThatCannotBeReadIsToldAtItsLine) {
  constexpr char kText[] = R"([[channel]]
name = "partner"
type = "webhook"
url = "https://partner.example/hook"
secret_file = "/etc/steward/hook.key"
)";
  ConfigVocabulary words = Words();
  words.check_secret = [](const ChannelConfig& channel) {
    return absl::NotFoundError("secret_file " + channel.secret_file + " cannot be read");
  };
  const absl::StatusOr<Config> parsed = ParseConfig(kText, "collector.toml", words);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()),
              StartsWith("collector.toml:5:15: secret_file /etc/steward/hook.key cannot be read"));
}

TEST(Config, KeepsCoarserSamplesLonger) {
  const RetentionConfig usual = ParseConfig("", "collector.toml", Words())->retention;
  EXPECT_EQ(usual.raw, absl::Hours(30 * 24));
  EXPECT_EQ(usual.hours, absl::Hours(400 * 24));
  const auto config = ParseConfig("[retention]\nraw = \"7d\"\nfive_minutes = \"4w\"\nhours = \"1000d\"", "collector.toml", Words());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->retention.raw, absl::Hours(7 * 24));
  EXPECT_EQ(config->retention.five_minutes, absl::Hours(28 * 24));
  EXPECT_EQ(config->retention.hours, absl::Hours(1'000 * 24));
  EXPECT_THAT(ErrorOf("[retention]\nraw = \"90d\""),
              AllOf(HasSubstr("collector.toml:2:"), HasSubstr("five_minutes = \"60d\" is shorter than raw = \"90d\"")));
  EXPECT_THAT(ErrorOf("[retention]\nhours = \"45d\""), HasSubstr("hours = \"45d\" is shorter than five_minutes = \"60d\""));
  EXPECT_THAT(ErrorOf("[retention]\nraw = \"1h\""), HasSubstr("collector.toml:2:"));
  EXPECT_THAT(ErrorOf("[retention]\nminutes = \"90d\""), HasSubstr("minutes"));
}

TEST(Config, LaysScopesOverTheRuleForAllMachines) {
  const Config config = ParseConfig(kWhole, "collector.toml", Words()).value();
  const RuleConfig office = RuleFor(config, "disk-space-low", {"1", "pc", "office", "desktop"});
  EXPECT_EQ(office.raise, absl::Minutes(30));
  EXPECT_EQ(office.clear, absl::ZeroDuration());
  EXPECT_EQ(office.levels.at("warn_percent"), 80);
  const RuleConfig attic = RuleFor(config, "disk-space-low", {"1", "pc", "attic", "desktop"});
  EXPECT_EQ(attic.raise, absl::ZeroDuration());
  EXPECT_EQ(attic.levels.at("warn_percent"), 80);
  EXPECT_EQ(attic.levels.at("critical_percent"), 97.5);
  EXPECT_EQ(RuleFor(config, "disk-space-low", {"1", "pc", "attic", "laptop"}).raise, absl::Minutes(30));
  EXPECT_FALSE(RuleFor(config, "machine-offline", {"1", "pc", "attic", "laptop"}).raise.has_value());
}

struct BadCase {
  const char* text;
  const char* place;
  const char* says;
};

class BadConfig : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadConfig, IsRefusedWithItsPlaceAndWhatToWriteInstead) {
  EXPECT_THAT(ErrorOf(GetParam().text), AllOf(StartsWith(GetParam().place), HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadConfig,
    ::testing::Values(
        BadCase{"[listen]\nagent = \"0.0.0.0:1\"\n", "collector.toml:2:1: ", "unknown key \"agent\" in [listen]; did you mean \"agents\"?"},
        BadCase{"[lisen]\n", "collector.toml:1:2: ", "did you mean \"listen\"?"},
        BadCase{"zebra = 1\n", "collector.toml:1:1: ", "unknown key \"zebra\"; known: listen, log, agents"},
        BadCase{"[agents]\ninterval = 15\n", "collector.toml:2:12: ", "write it in quotes with one: interval = \"15s\""},
        BadCase{"[agents]\ninterval = \"15\"\n", "collector.toml:2:12: ", "has no unit"},
        BadCase{"[agents]\ninterval = \"15 sec\"\n", "collector.toml:2:12: ", "unknown unit \" sec\""},
        BadCase{"[agents]\ninterval = \"500ms\"\n", "collector.toml:2:12: ", "from \"1s\" to \"5m\""},
        BadCase{"[agents]\ninterval = \"6m\"\n", "collector.toml:2:12: ", "out of range"},
        BadCase{"[agents.class.tablet]\ninterval = \"1m\"\n", "collector.toml:1:15: ", "there is no class \"tablet\""},
        BadCase{"[agents]\ndisabled_probes = \"cpu\"\n", "collector.toml:2:19: ", "disabled_probes = [\"...\"]"},
        BadCase{"agents = 5\n", "collector.toml:1:10: ", "write a table: [agents]"},
        BadCase{"[listen]\nagents = 7443\n", "collector.toml:2:10: ", "is a whole number; write a text in quotes"},
        BadCase{"[listen]\nagents = \"7443\"\n", "collector.toml:2:10: ", "has no port"},
        BadCase{"[listen]\nagents = \"0.0.0.0:70000\"\n", "collector.toml:2:10: ", "0 to 65535"},
        BadCase{"[listen]\nhttp = \"0.0.0.0:7480\"\n", "collector.toml:2:8: ", "set http_certificate and http_key"},
        BadCase{"[listen]\nhttp_key = \"/k\"\n", "collector.toml:2:12: ", "belong together"},
        BadCase{"[log]\nformat = \"xml\"\n", "collector.toml:2:10: ", "write one of: text, json"},
        BadCase{"[rules.disk-space-lo]\n", "collector.toml:1:8: ", "did you mean \"disk-space-low\"? Known: disk-space-low, machine-offline"},
        BadCase{"[rules.disk-space-low]\nraise = \"soon\"\n", "collector.toml:2:9: ", "is not a duration"},
        BadCase{"[rules.disk-space-low.levels]\nwarn = 80\n", "collector.toml:2:1: ", "known: warn_percent, critical_percent"},
        BadCase{"[rules.disk-space-low.levels]\nwarn_percent = \"80\"\n", "collector.toml:2:16: ", "without quotes"},
        BadCase{"[rules.disk-space-low.levels]\nwarn_percent = inf\n", "collector.toml:2:16: ", "finite"},
        BadCase{"[rules.disk-space-low]\nseverity = \"urgent\"\n", "collector.toml:2:12: ", "critical"},
        BadCase{"[[rules_for]]\n[rules_for.disk-space-low]\nraise = \"0s\"\n", "collector.toml:1:1: ", "needs site"},
        BadCase{"[[rules_for]]\ngroup = \"files\"\n", "collector.toml:2:9: ", "no [[group]] called \"files\""},
        BadCase{"[[group]]\nname = \"files\"\n", "collector.toml:1:1: ", "needs machines = "},
        BadCase{"[[group]]\nname = \"a\"\nmachines = [\"x\"]\n[[group]]\nname = \"a\"\nmachines = [\"y\"]\n", "collector.toml:5:8: ", "another [[group]]"},
        BadCase{"[rules_for]\nsite = \"x\"\n", "collector.toml:1:1: ", "[[rules_for]]"},
        BadCase{"[[channel]]\nname = \"a\"\nurl = \"https://x/\"\n", "collector.toml:1:1: ", "needs type = \"webhook\""},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"pigeon\"\nurl = \"https://x/\"\n", "collector.toml:3:8: ", "write one of: webhook, email"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"x\"\n", "collector.toml:4:7: ", "not a web address"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n", "collector.toml:1:1: ", "needs server"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nserver = \"mail\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n", "collector.toml:4:10: ", "write \"mail.company.example:587\""},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nserver = \"m:25\"\nfrom = \"a@b\"\nto = [\"c@d>, <e@f\"]\n", "collector.toml:6:6: ", "is not a mail address"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nserver = \"m:25\"\nfrom = \"a@b\"\nto = [\"c@d\"]\nuser = \"u\"\n", "collector.toml:7:8: ", "user needs secret_file"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nserver = \"m:25\"\nfrom = \"a@b\"\nto = [\"c@d\"]\nuser = \"u\"\nsecret_env = \"P\"\nsecurity = \"none\"\n", "collector.toml:9:12: ", "readable on the network"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"email\"\nurl = \"https://x/\"\nserver = \"m:25\"\nfrom = \"a@b\"\nto = [\"c@d\"]\n", "collector.toml:4:1: ", "unknown key \"url\" in [[channel]]"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"slack\"\n", "collector.toml:1:1: ", "needs url"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"teams\"\nurl = \"https://c.webhook.office.com/x\"\n", "collector.toml:4:7: ", "choose Workflows"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"ntfy\"\nurl = \"https://ntfy.sh\"\ntopic = \"a b\"\n", "collector.toml:5:9: ", "letters, digits"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"slack\"\nurl = \"https://x/\"\nquiet_hours = \"night\"\n", "collector.toml:5:15: ", "write \"22:00-06:00\""},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://x/\"\nquiet_hours = \"22:00-06:00\"\n", "collector.toml:5:1: ", "unknown key \"quiet_hours\""},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://x/\"\n[[route]]\nchannel = \"a\"\ndigest = \"morning\"\n", "collector.toml:7:10: ", "read by a program"},
        BadCase{"[[channel]]\nname = \"a\"\ntype = \"slack\"\nurl = \"https://x/\"\n[[route]]\nchannel = \"a\"\ndigest = \"daily\"\n", "collector.toml:7:10: ", "by-severity, morning, weekly"},
        BadCase{"[delivery]\ntime_zone = \"Mars/Olympus\"\n", "collector.toml:2:13: ", "knows no time zone"},
        BadCase{"[delivery]\nmorning = \"7\"\n", "collector.toml:2:11: ", "write \"07:00\""},
        BadCase{"[delivery]\nworking_days = [\"monday\"]\n", "collector.toml:2:16: ", "is not a day"},
        BadCase{"[[route]]\nchannel = \"b\"\n", "collector.toml:2:11: ", "there is no channel \"b\""},
        BadCase{"[[remote_write]]\nname = \"a\"\n", "collector.toml:1:1: ", "needs url"},
        BadCase{"[[remote_write]]\nurl = \"https://u:p@h/\"\n", "collector.toml:2:7: ", "password_file"},
        BadCase{"[[remote_write]]\nurl = \"https://h/\"\n[[remote_write]]\nurl = \"https://h/b\"\n", "collector.toml:3:1: ", "a name of its own"},
        BadCase{"[[remote_write]]\nurl = \"https://h/\"\nusername = \"u\"\n", "collector.toml:3:12: ", "belong together"},
        BadCase{"[[remote_write]]\nurl = \"https://h/\"\nheaders = { Authorization = \"x\" }\n", "collector.toml:3:", "secrets do not belong"},
        BadCase{"[[remote_write]]\nurl = \"https://h/\"\nkeep = [\"{a}\"]\n", "collector.toml:3:8: ", "no pattern"},
        BadCase{"[[remote_write]]\nurl = \"https://h/\"\nsamples_per_request = 1\n", "collector.toml:3:23: ", "from 100 to 50000"},
        BadCase{"[heartbeat]\nurls = [\"watch\"]\n", "collector.toml:2:8: ", "not a web address"},
        BadCase{"[first_weeks]\nsite = \"2 weeks\"\n", "collector.toml:2:8: ", "unknown unit"},
        BadCase{"[first_weeks]\nmachine = \"1000d\"\n", "collector.toml:2:11: ", "\"0s\" to \"12w\""},
        BadCase{"[listen\n", "collector.toml:1:8: ", "this is not TOML"}));

TEST(Config, ReportsAllMistakesOfADocument) {
  EXPECT_THAT(ErrorOf("[log]\nlevel = 1\n[agents]\ninterval = 2\n"), AllOf(HasSubstr("toml:2:9"), HasSubstr("toml:4:12")));
}

TEST(Config, NamesTheFileThatCannotBeRead) {
  EXPECT_EQ(LoadConfig("/nonexistent/collector.toml", Words()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(LoadConfig("/", Words()).status().message()), HasSubstr("is a directory"));
}

TEST(HostPort, KnowsLoopbackAndWritesIpv6InBrackets) {
  EXPECT_TRUE(ParseHostPort("127.0.0.1:0")->IsLoopback());
  EXPECT_TRUE(ParseHostPort("[::1]:7443")->IsLoopback());
  EXPECT_FALSE(ParseHostPort("192.0.2.1:7443")->IsLoopback());
  EXPECT_EQ(ParseHostPort("[::]:7443")->ToString(), "[::]:7443");
  for (const char* bad : {"", ":1", "a", "a:", "a:b", "::1:5", "[::1:5", "[a]:5", "a b:5", "a:-1"}) {
    EXPECT_FALSE(ParseHostPort(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace steward::collector
