// Protects: the narrowest scope of a rule's settings wins, wherever it stands in the file; groups and subjects by pattern.
#include "collector/config/rule_scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace steward::collector {
namespace {

constexpr std::string_view kRule = "disk-space-low";
constexpr RuleTarget kServer = {"6f1c-1", "SRV-FILE", "office", "server"};
constexpr RuleTarget kDesktop = {"6f1c-2", "pc-17", "office", "desktop"};

RuleScopeConfig Scope(RuleScopeConfig scope, absl::Duration raise) {
  scope.rules[std::string(kRule)].raise = raise;
  return scope;
}

class RuleScopesTest : public testing::Test {
 protected:
  RuleScopesTest() {
    config_.rules[std::string(kRule)].raise = absl::Minutes(1);
    config_.policy.groups = {{"files", {"srv-*"}}, {"one", {"6f1c-2"}}};
  }
  int Minutes(const RuleTarget& target, const std::string& subject = "/") {
    return static_cast<int>(*RuleForSubject(RuleFor(config_, kRule, target), subject).raise / absl::Minutes(1));
  }

  Config config_;
};

TEST_F(RuleScopesTest, TheNarrowestWinsWhereverItStands) {
  std::vector<RuleScopeConfig> all = {Scope({.subject = "/data"}, absl::Minutes(7)),
                                      Scope({.machine = "srv-file"}, absl::Minutes(6)),
                                      Scope({.group = "files"}, absl::Minutes(5)),
                                      Scope({.site = "office", .machine_class = "server"}, absl::Minutes(4)),
                                      Scope({.machine_class = "server"}, absl::Minutes(3)),
                                      Scope({.site = "office"}, absl::Minutes(2))};
  for (int turn = 0; turn < 2; ++turn) {
    config_.rules_for = all;
    EXPECT_EQ(Minutes(kServer, "/data"), 7);
    for (int narrowest = 6; narrowest >= 1; --narrowest) {
      EXPECT_EQ(Minutes(kServer), narrowest) << "turn " << turn;
      std::erase_if(config_.rules_for, [&](const RuleScopeConfig& scope) { return *scope.rules.at(std::string(kRule)).raise == absl::Minutes(narrowest); });
    }
    std::reverse(all.begin(), all.end());
  }
}

TEST_F(RuleScopesTest, OfEquallyNarrowOnesTheLaterWins) {
  config_.rules_for = {Scope({.site = "office"}, absl::Minutes(2)), Scope({.site = "office"}, absl::Minutes(3)), Scope({.site = "attic"}, absl::Minutes(4))};
  EXPECT_EQ(Minutes(kServer), 3);
}

TEST_F(RuleScopesTest, AScopeHoldsForItsMachinesAlone) {
  config_.rules_for = {Scope({.group = "files"}, absl::Minutes(5))};
  EXPECT_EQ(Minutes(kServer), 5) << "host names have no case";
  EXPECT_EQ(Minutes(kDesktop), 1);
  config_.rules_for = {Scope({.group = "one"}, absl::Minutes(5))};
  EXPECT_EQ(Minutes(kDesktop), 5) << "by id";
  config_.rules_for = {Scope({.site = "office", .machine = "PC-17"}, absl::Minutes(5))};
  EXPECT_EQ(Minutes(kDesktop), 5);
  EXPECT_EQ(Minutes(kServer), 1);
}

TEST_F(RuleScopesTest, ASubjectIsANameOrAPattern) {
  config_.rules_for = {Scope({.subject = "/srv/*"}, absl::Minutes(5)), Scope({.machine_class = "server", .subject = "/srv/a"}, absl::Minutes(6))};
  EXPECT_EQ(Minutes(kServer, "/srv/a"), 6);
  EXPECT_EQ(Minutes(kServer, "/srv/b/c"), 5);
  EXPECT_EQ(Minutes(kDesktop, "/srv/a"), 5);
  EXPECT_EQ(Minutes(kServer, "/srv"), 1);
}

TEST_F(RuleScopesTest, WhatANarrowerOneDoesNotSetIsTheWiderOnes) {
  config_.rules_for = {Scope({.subject = "/"}, absl::Minutes(5))};
  config_.rules[std::string(kRule)].enabled = false;
  EXPECT_EQ(RuleForSubject(RuleFor(config_, kRule, kServer), "/").enabled, false);
}

}  // namespace
}  // namespace steward::collector
