#include "tests/fleet/outage.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::fleet {
namespace {

TEST(Outage, CutsOnce) {
  const auto outage = ParseOutage("at=30s,for=20s");
  ASSERT_TRUE(outage.ok()) << outage.status();
  EXPECT_FALSE(outage->IsCut(absl::Seconds(29)));
  EXPECT_TRUE(outage->IsCut(absl::Seconds(30)));
  EXPECT_TRUE(outage->IsCut(absl::Seconds(49)));
  EXPECT_FALSE(outage->IsCut(absl::Seconds(50)));
  EXPECT_FALSE(outage->IsCut(absl::Hours(9)));
}

TEST(Outage, CutsAgainAndAgain) {
  const auto outage = ParseOutage("at=10s,for=5s,every=1m");
  ASSERT_TRUE(outage.ok()) << outage.status();
  EXPECT_TRUE(outage->IsCut(absl::Seconds(10)));
  EXPECT_FALSE(outage->IsCut(absl::Seconds(15)));
  EXPECT_TRUE(outage->IsCut(absl::Seconds(72)));
  EXPECT_FALSE(outage->IsCut(absl::Seconds(69)));
}

TEST(Outage, SaysWhenItChanges) {
  const auto once = ParseOutage("at=30s,for=20s");
  ASSERT_TRUE(once.ok()) << once.status();
  EXPECT_EQ(once->UntilChange(absl::Seconds(10)), absl::Seconds(20));
  EXPECT_EQ(once->UntilChange(absl::Seconds(30)), absl::Seconds(20));
  EXPECT_EQ(once->UntilChange(absl::Seconds(50)), absl::InfiniteDuration());
  const auto again = ParseOutage("at=10s,for=5s,every=1m");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->UntilChange(absl::Seconds(72)), absl::Seconds(3));
  EXPECT_EQ(again->UntilChange(absl::Seconds(15)), absl::Seconds(55));
}

TEST(Outage, IsRefusedInWords) {
  for (const char* text : {"", "at=30s", "at=30,for=5s", "at=1s,for=5s,every=5s", "when=1s,for=1s", "at=-1s,for=1s"}) {
    const auto outage = ParseOutage(text);
    EXPECT_EQ(outage.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(outage.status().message()), testing::HasSubstr("write at=30s,for=20s")) << text;
  }
}

}  // namespace
}  // namespace steward::fleet
