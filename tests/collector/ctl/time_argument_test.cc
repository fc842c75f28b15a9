#include "collector/ctl/time_argument.h"

#include <gtest/gtest.h>

namespace steward::collector {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(TimeArgumentTest, TimesAndDurationsBeforeNowAreTaken) {
  EXPECT_EQ(ParseTimeArgument("2023-11-14T22:13:20Z", kNow).value(), kNow);
  EXPECT_EQ(ParseTimeArgument("2023-11-15T00:13:20.5+02:00", kNow).value(), kNow + absl::Milliseconds(500));
  EXPECT_EQ(ParseTimeArgument("1h", kNow).value(), kNow - absl::Hours(1));
  EXPECT_EQ(ParseTimeArgument("7d", kNow).value(), kNow - absl::Hours(168));
  EXPECT_EQ(ParseTimeArgument("now", kNow).value(), kNow);
}

TEST(TimeArgumentTest, AnythingElseIsRefusedWithAnExample) {
  for (const char* text : {"", "yesterday", "5", "-1h", "2023-11-14", "infinite-future", "2023-13-01T00:00:00Z"}) {
    const auto time = ParseTimeArgument(text, kNow);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_NE(time.status().message().find("2026-11-22T09:00:00Z"), absl::string_view::npos);
  }
}

}  // namespace
}  // namespace steward::collector
