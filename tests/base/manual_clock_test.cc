// Protects: tests that move time by hand see handlers in order, and never a cancelled one.
#include "base/manual_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boost/asio/io_context.hpp"

namespace steward {
namespace {

class ManualClockTest : public testing::Test {
 protected:
  boost::asio::io_context io_;
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::vector<int> fired_;
};

TEST_F(ManualClockTest, FiresWhatFallsDueInOrder) {
  const auto a = clock_.NewTimer(io_.get_executor());
  const auto b = clock_.NewTimer(io_.get_executor());
  const auto c = clock_.NewTimer(io_.get_executor());
  a->Start(absl::Seconds(20), [this] { fired_.push_back(20); });
  b->Start(absl::Seconds(10), [this] { fired_.push_back(10); });
  c->Start(absl::Seconds(30), [this] { fired_.push_back(30); });
  EXPECT_EQ(clock_.UntilNextTimer(), absl::Seconds(10));
  clock_.Advance(absl::Seconds(20));
  io_.run();
  EXPECT_THAT(fired_, testing::ElementsAre(10, 20));
}

TEST_F(ManualClockTest, CancelledAndDestroyedTimersStaySilentEvenWhenAlreadyPosted) {
  const auto cancelled = clock_.NewTimer(io_.get_executor());
  auto destroyed = clock_.NewTimer(io_.get_executor());
  cancelled->Start(absl::Seconds(1), [this] { fired_.push_back(1); });
  destroyed->Start(absl::Seconds(1), [this] { fired_.push_back(2); });
  clock_.Advance(absl::Seconds(1));
  cancelled->Cancel();
  destroyed.reset();
  io_.run();
  EXPECT_TRUE(fired_.empty());
}

TEST_F(ManualClockTest, AStepOfTheWallClockFiresNothing) {
  const auto timer = clock_.NewTimer(io_.get_executor());
  timer->Start(absl::Seconds(1), [this] { fired_.push_back(1); });
  clock_.SetWall(absl::FromUnixSeconds(1'900'000'000));
  io_.run();
  EXPECT_TRUE(fired_.empty());
  EXPECT_EQ(clock_.WallNow(), absl::FromUnixSeconds(1'900'000'000));
}

}  // namespace
}  // namespace steward
