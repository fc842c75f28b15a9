// Protects: a rule that is not understood is told with file, line and remedy, and what is shipped is understood.
#include "collector/rules/read_rules.h"

#include <set>
#include <tuple>

#include "collector/rules/catalogue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGood = R"([[rule]]
type = "tape-full"
title = "Tape nearly full"
subject = "{tape}"
value = "100 * tape_used / tape_size"
unit = "%"
summary = "Tape {tape} of {machine} is {value} full."
meaning = "The next backup does not fit."
next_step = "Put in another tape."
[rule.thresholds]
full = 90
[[rule.level]]
name = "full"
severity = "medium"
when = "value > full"
threshold = "full"
raise = "5m"
)";

std::string With(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string Mistake(std::string_view text) { return std::string(ParseRules(text, "own.toml").status().message()); }

TEST(ReadRulesTest, ReadsWhatIsWritten) {
  const auto rules = ParseRules(kGood, "own.toml");
  ASSERT_TRUE(rules.ok()) << rules.status();
  ASSERT_EQ(rules->size(), 1u);
  const RuleDefinition& rule = rules->front();
  EXPECT_EQ(rule.type, "tape-full");
  EXPECT_EQ(rule.party, "partner");
  EXPECT_THAT(rule.subject_labels, ::testing::ElementsAre("tape"));
  EXPECT_EQ(rule.selectors.size(), 2u);
  ASSERT_EQ(rule.levels.size(), 1u);
  EXPECT_EQ(rule.levels[0].raise_time, absl::Minutes(5));
  EXPECT_EQ(rule.levels[0].clear_time, absl::Minutes(5)) << "as the raise time unless said otherwise";
}

TEST(ReadRulesTest, NamesMistakesByFileAndLine) {
  EXPECT_THAT(Mistake(With("value > full", "value > ful")), HasSubstr("own.toml:15:8: when, column 9: \"ful\" is neither"));
  EXPECT_THAT(Mistake(With("severity = \"medium\"", "severity = \"bad\"")), HasSubstr("own.toml:14:"));
  EXPECT_THAT(Mistake(With("title", "tilte")), HasSubstr("tilte"));
  EXPECT_THAT(Mistake(With("\"tape-full\"", "\"Tape Full\"")), HasSubstr("lower-case words with hyphens"));
  EXPECT_THAT(Mistake(With("{tape}\"", "{tape\"")), HasSubstr("a { is not closed"));
  EXPECT_THAT(Mistake(With("threshold = \"full\"", "threshold = \"fall\"")), HasSubstr("threshold, column 1: \"fall\" is neither"));
  EXPECT_THAT(Mistake(With("raise = \"5m\"", "raise = 5")), HasSubstr("without a unit"));
  EXPECT_THAT(Mistake(With("100 * tape_used / tape_size", "3")), HasSubstr("reads no metric"));
  for (const char* fact : {"raid", "/raid", "check/", "{tape}/raid", "check/{disk}", "check/{tape"}) {
    EXPECT_THAT(Mistake(With("title", std::string("fact = \"") + fact + "\"\ntitle")), HasSubstr("names a fact")) << fact;
  }
  EXPECT_TRUE(ParseRules(With("title", "fact = \"tape library/{tape} of 2\"\ntitle"), "own.toml").ok());
  EXPECT_THAT(Mistake("[[rule]"), HasSubstr("own.toml:1:"));
  EXPECT_THAT(Mistake("[rule]\ntype = \"x\""), HasSubstr("[[rule]]"));
}

TEST(ReadRulesTest, EveryShippedRuleIsUnderstoodAndSaysWhatToDo) {
  for (const CatalogueFile& file : CatalogueFiles()) {
    const auto rules = ParseRules(file.text, file.name);
    ASSERT_TRUE(rules.ok()) << rules.status();
    EXPECT_FALSE(rules->empty()) << file.name;
  }
  std::set<std::tuple<std::string, std::string, std::string>> keys;
  for (const RuleDefinition& rule : CatalogueRules()) {
    const std::vector<std::string> all = {"server", "desktop", "laptop"};
    for (const std::string& machine_class : rule.classes.empty() ? all : rule.classes) {
      EXPECT_TRUE(keys.insert({rule.type, rule.subject, machine_class}).second) << rule.type << ": two rules would fight over one issue";
    }
  }
}

}  // namespace
}  // namespace steward::collector
