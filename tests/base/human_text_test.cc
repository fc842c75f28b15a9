#include "base/human_text.h"

#include <gtest/gtest.h>

namespace steward {
namespace {

TEST(HumanTextTest, DurationsAreRough) {
  EXPECT_EQ(RoughDuration(absl::ZeroDuration()), "0 s");
  EXPECT_EQ(RoughDuration(absl::Seconds(99)), "99 s");
  EXPECT_EQ(RoughDuration(absl::Seconds(100)), "1 min");
  EXPECT_EQ(RoughDuration(absl::Minutes(100)), "1 h");
  EXPECT_EQ(RoughDuration(absl::Hours(49)), "2 d");
  EXPECT_EQ(RoughDuration(-absl::Hours(1)), "0 s");
}

TEST(HumanTextTest, TimesAreTakenFromNow) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  EXPECT_EQ(RelativeTime(now - absl::Seconds(12), now), "12 s ago");
  EXPECT_EQ(RelativeTime(now, now), "just now");
  EXPECT_EQ(RelativeTime(now + absl::Hours(3), now), "in 3 h");
  EXPECT_EQ(RelativeTime(absl::InfinitePast(), now), "never");
}

TEST(HumanTextTest, SizesHaveAUnit) {
  EXPECT_EQ(ByteSize(0), "0 B");
  EXPECT_EQ(ByteSize(999), "999 B");
  EXPECT_EQ(ByteSize(1536), "1.5 KiB");
  EXPECT_EQ(ByteSize(25.0 * 1024 * 1024 * 1024), "25 GiB");
}

}  // namespace
}  // namespace steward
