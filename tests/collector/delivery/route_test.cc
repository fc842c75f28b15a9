#include "collector/delivery/route.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Issue AnIssue() {
  v1::Issue issue;
  issue.set_party("partner");
  issue.set_site("Head office");
  issue.set_class_("server");
  return issue;
}

TEST(RouteTest, WithoutRoutesEveryChannelHears) {
  Config config;
  config.channels = {{"a", "webhook", "", "", ""}, {"b", "webhook", "", "", ""}};
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kLow), ElementsAre("a", "b"));
}

TEST(RouteTest, EachConditionOfARouteMustHold) {
  Config config;
  config.channels = {{"a", "webhook", "", "", ""}};
  RouteConfig route;
  route.channel = "a";
  route.severity_min = "high";
  config.routes = {route};
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kMedium), IsEmpty());
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kHigh), ElementsAre("a"));
  config.routes[0].party = "it-manager";
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kHigh), IsEmpty());
  config.routes[0].party = "partner";
  config.routes[0].site = "elsewhere";
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kHigh), IsEmpty());
  config.routes[0].site = "Head office";
  config.routes[0].machine_class = "laptop";
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kHigh), IsEmpty());
}

TEST(RouteTest, AChannelHearsOnceOfWhatTwoRoutesSendIt) {
  Config config;
  config.channels = {{"a", "webhook", "", "", ""}};
  RouteConfig route;
  route.channel = "a";
  config.routes = {route, route};
  EXPECT_THAT(MakeRouter(config)(AnIssue(), Severity::kLow), ElementsAre("a"));
}

}  // namespace
}  // namespace steward::collector
