// What of collector.toml is policy, what differs, whose move it is, and links.
#include "collector/policy/policy_text.h"

#include "collector/policy/help_to_act.h"
#include "collector/policy/policy_reader.h"
#include "collector/policy/responsibility.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PolicyPartTest, CutsOutWhatPeopleDecideWithTheirComments) {
  constexpr std::string_view kFile = R"(# The collector.
[listen]
http = "127.0.0.1:0"

# Our office.
[[site]]
name = "main"   # as in tokens

[rules.disk-space-low]
raise = "10m"
[rules.disk-space-low.levels]
warn_percent = 70
[log]
level = "info"
)";
  EXPECT_EQ(PolicyPartOf(kFile), R"(# Our office.
[[site]]
name = "main"   # as in tokens

[rules.disk-space-low]
raise = "10m"
[rules.disk-space-low.levels]
warn_percent = 70
)");
}

TEST(PolicyPartTest, WritesAnewWhatCannotBeCut) {
  const std::string part = PolicyPartOf("rules.disk-space-low.raise = \"10m\"\n[log]\nlevel = \"info\"\n");
  EXPECT_THAT(part, AllOf(HasSubstr("disk-space-low"), HasSubstr("10m")));
  EXPECT_TRUE(ReadPolicy(part, "policy", nullptr).ok()) << part;
  EXPECT_EQ(PolicyPartOf("[log]\nlevel = \"info\"\n"), "");
  EXPECT_EQ(PolicyPartOf("no toml ["), "");
}

TEST(LineDifferenceTest, ShowsWhatChangedAndWhere) {
  EXPECT_EQ(LineDifference("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nD\ne\nf\ng\nh\n"), "@ line 2\n b\n c\n-d\n+D\n e\n f\n g\n+h\n");
  EXPECT_EQ(LineDifference("a\n", "a\n"), "");
  EXPECT_EQ(LineDifference("", "x\n"), "@ line 1\n+x\n");
  EXPECT_EQ(LineDifference("x\n", ""), "@ line 1\n-x\n");
}

TEST(ReadPolicyDocumentTest, NamesEachMistakeAndWhatBelongsElsewhere) {
  const std::vector<ChannelConfig> channels = {{.name = "mail", .type = "email", .url = "", .secret_file = "", .secret_env = ""}};
  const auto policy = ReadPolicy(R"([listen]
http = "127.0.0.1:0"
[[route]]
channel = "mai"
[rules.disk-space-lo]
raise = "1h"
[runbooks]
disk-space-lowe = "https://wiki.example/disk"
machine-offline = "wiki"
[remote_link]
server = "rdp://{name}"
)", "p.toml", &channels);
  ASSERT_FALSE(policy.ok());
  EXPECT_THAT(std::string(policy.status().message()),
              AllOf(HasSubstr("p.toml:1:"), HasSubstr("belongs into collector.toml"), HasSubstr("did you mean \"mail\"?"),
                    HasSubstr("p.toml:5:"), HasSubstr("did you mean \"disk-space-low\"?"), HasSubstr("p.toml:9:"),
                    HasSubstr("\"{name}\" is not known")));
}

PolicyConfig Matrix(std::string_view text) { return ReadPolicy(text, "policy", nullptr)->config.policy; }

v1::Issue Issue(const char* type, const char* severity, const char* site) {
  v1::Issue issue;
  issue.set_type(type);
  issue.set_severity(severity);
  issue.set_site(site);
  return issue;
}

TEST(ResponsibilityTest, TheNarrowestRowHolds) {
  const PolicyConfig policy = Matrix(R"(
[[responsibility]]
party = "partner"
[[responsibility]]
party = "it-manager"
types = ["disk-space-low"]
[[responsibility]]
party = "it-manager"
severities = ["low"]
[[responsibility]]
party = "partner"
site = "attic"
)");
  const auto party = [&](const v1::Issue& issue) { return ResponsibleParty(policy.responsibility, issue, "nobody"); };
  EXPECT_EQ(party(Issue("machine-offline", "critical", "main")), "partner");
  EXPECT_EQ(party(Issue("machine-offline", "low", "main")), "it-manager");
  EXPECT_EQ(party(Issue("disk-space-low", "high", "main")), "it-manager");
  EXPECT_EQ(party(Issue("disk-space-low", "high", "attic")), "partner");
  EXPECT_THAT(CheckResponsibility(policy, {"disk-space-low", "machine-offline"}), IsEmpty());
  EXPECT_EQ(ResponsibleParty({}, Issue("disk-space-low", "high", "main"), "nobody"), "nobody");
}

TEST(ResponsibilityTest, GapsAndOverlapsAreTold) {
  const PolicyConfig policy = Matrix(R"(
[[responsibility]]
party = "partner"
types = ["disk-space-low", "machine-offline"]
severities = ["critical", "high", "medium"]
[[responsibility]]
party = "it-manager"
types = ["disk-space-low"]
severities = ["medium", "low"]
)");
  EXPECT_THAT(CheckResponsibility(policy, {"disk-space-low", "machine-offline"}),
              ElementsAre(AllOf(HasSubstr("overlap"), HasSubstr("medium: disk-space-low;")),
                          AllOf(HasSubstr("gap"), HasSubstr("low: machine-offline;"))));
}

TEST(HelpToActTest, LinksAreFilledOrNotThere) {
  EXPECT_EQ(FillLink("rdp://{fqdn}:3389/{serial}", {"srv", "srv.example", "A b&c", "192.0.2.1"}), "rdp://srv.example:3389/A%20b%26c");
  EXPECT_EQ(FillLink("rustdesk://{serial}", {"srv", "", "", ""}), "");
  int asked = 0;
  HelpToAct help([&](const MachineId&) {
    ++asked;
    return MachinePlaces{"srv", "", "", "192.0.2.1"};
  });
  PolicyConfig policy;
  policy.runbooks["disk-space-low"] = "https://wiki.example/disk";
  policy.remote_links["server"] = "ssh://{host}";
  help.UsePolicy(policy);
  v1::Issue issue = Issue("disk-space-low", "high", "main");
  issue.set_machine_id("m");
  issue.set_class_("server");
  help.Fill(issue);
  help.Fill(issue);
  EXPECT_EQ(issue.runbook(), "https://wiki.example/disk");
  EXPECT_EQ(issue.remote_link(), "ssh://srv");
  EXPECT_EQ(asked, 1);
  help.UsePolicy({});
  help.Fill(issue);
  EXPECT_EQ(issue.runbook() + issue.remote_link(), "");
}

}  // namespace
}  // namespace steward::collector
