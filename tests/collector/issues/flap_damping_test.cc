#include "collector/issues/flap_damping.h"

#include "collector/issues/rule_state.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);
constexpr absl::Duration kClear = absl::Minutes(10);

TEST(FlapDampingTest, TheThirdRoundWithinADayIsNotCleared) {
  FlapDamping flaps;
  EXPECT_FALSE(flaps.Begin(kStart));
  flaps.End(kStart);
  EXPECT_EQ(flaps.ClearTime(kClear, true, kStart + absl::Hours(1)), kClear);
  flaps.End(kStart + absl::Hours(1));
  EXPECT_EQ(flaps.ClearTime(kClear, true, kStart + absl::Hours(2)), FlapDamping::kQuiet);
  EXPECT_EQ(flaps.ClearTime(absl::Hours(1), true, kStart + absl::Hours(2)), absl::Hours(6));
  EXPECT_EQ(flaps.ClearTime(kClear, false, kStart + absl::Hours(2)), kClear) << "a level alone may fall";
  EXPECT_TRUE(flaps.Begin(kStart + absl::Hours(2)));
  EXPECT_FALSE(flaps.Begin(kStart + absl::Hours(3))) << "told once";
  EXPECT_EQ(flaps.ClearTime(kClear, false, kStart + absl::Hours(3)), FlapDamping::kQuiet);
}

TEST(FlapDampingTest, BeginsAnewOnceItIsOver) {
  FlapDamping flaps;
  flaps.Restore(true, {kStart, kStart + absl::Hours(1)});
  flaps.End(kStart + absl::Hours(5));
  EXPECT_FALSE(flaps.flapping());
  EXPECT_FALSE(flaps.Begin(kStart + absl::Hours(6)));
}

TEST(FlapDampingTest, RoundsOlderThanADayDoNotCount) {
  FlapDamping flaps;
  flaps.End(kStart);
  flaps.End(kStart + absl::Hours(13));
  EXPECT_FALSE(flaps.Begin(kStart + absl::Hours(25)));
  EXPECT_TRUE(flaps.Begin(kStart + absl::Hours(23)));
}

TEST(FlapDampingTest, IsKeptWithTheRulesState) {
  RuleState state;
  state.flapping = true;
  state.rounds = {kStart, kStart + absl::Minutes(3)};
  RuleState read;
  ASSERT_TRUE(DecodeRuleState(EncodeRuleState(state), read));
  EXPECT_TRUE(read.flapping);
  EXPECT_EQ(read.rounds, state.rounds);
}

}  // namespace
}  // namespace steward::collector
