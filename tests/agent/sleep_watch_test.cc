#include "agent/sleep_watch.h"

#include "base/manual_clock.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

class SleepWatchTest : public testing::Test {
 protected:
  void BeAwake(absl::Duration time) {
    clock_.Advance(time);
    awake_ += time;
  }
  void Suspend(absl::Duration time) { clock_.Advance(time); }

  ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  absl::Duration awake_ = absl::Minutes(20);  // it slept before the agent started
  SleepWatch watch_{clock_, [this] { return awake_; }};
};

TEST_F(SleepWatchTest, AMachineThatIsAwakeDidNotSleep) {
  EXPECT_FALSE(watch_.Look());
  BeAwake(absl::Hours(300));
  EXPECT_FALSE(watch_.Look());
  clock_.SetWall(absl::FromUnixSeconds(5));
  EXPECT_FALSE(watch_.Look()) << "a step of the wall clock is none";
}

TEST_F(SleepWatchTest, TellsEachSuspensionOnce) {
  BeAwake(absl::Seconds(15));
  EXPECT_FALSE(watch_.Look());
  Suspend(absl::Hours(8));
  const auto night = watch_.Look();
  ASSERT_TRUE(night);
  EXPECT_EQ(night->end, clock_.BootNow());
  EXPECT_EQ(night->end - night->begin, absl::Hours(8));
  EXPECT_FALSE(watch_.Look());
  Suspend(absl::Minutes(30));
  BeAwake(absl::Seconds(15));
  const auto lunch = watch_.Look();
  ASSERT_TRUE(lunch);
  EXPECT_EQ(lunch->end - lunch->begin, absl::Minutes(30));
}

TEST_F(SleepWatchTest, WhatCouldBeABusyMachineIsNone) {
  Suspend(SleepWatch::kShortest - absl::Milliseconds(1));
  EXPECT_FALSE(watch_.Look());
}

TEST(AwakeNow, DoesNotRunAheadOfTheBootClock) {
  const absl::Duration awake = AwakeNow();
  EXPECT_LE(awake, NewSystemClock()->BootNow());
  EXPECT_GE(AwakeNow(), awake);
}

}  // namespace
}  // namespace steward::agent
