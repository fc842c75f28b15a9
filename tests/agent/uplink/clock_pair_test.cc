// Both clocks of a machine are told so that their difference does not depend on when they were read.
#include "agent/uplink/clock_pair.h"

#include <gtest/gtest.h>

namespace steward::agent {
namespace {

// Each look takes a time: now and then somebody else runs in between.
class BusyClock final : public Clock {
 public:
  explicit BusyClock(absl::Duration wall_minus_boot) : wall_minus_boot_(wall_minus_boot) {}
  absl::Time WallNow() const override { return absl::UnixEpoch() + Pass() + wall_minus_boot_; }
  absl::Duration BootNow() const override { return Pass(); }
  std::unique_ptr<Timer> NewTimer(boost::asio::any_io_executor) override { return nullptr; }

 private:
  absl::Duration Pass() const {
    now_ += ++looks_ % 7 == 0 ? absl::Microseconds(700) : absl::Nanoseconds(140);
    return now_;
  }

  const absl::Duration wall_minus_boot_;
  mutable absl::Duration now_ = absl::Seconds(20);
  mutable int looks_ = 0;
};

TEST(ClockPair, TheDifferenceIsTheSameWheneverTheyAreRead) {
  for (const double fraction : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    const BusyClock clock(absl::Hours(480'000) + absl::Milliseconds(fraction));
    const ClockPair first = ReadClocks(clock);
    EXPECT_EQ(first.wall_ms - first.boot_ms, std::int64_t{480'000} * 3'600'000);
    for (int i = 0; i < 5000; ++i) {
      const ClockPair pair = ReadClocks(clock);
      ASSERT_EQ(pair.wall_ms - pair.boot_ms, first.wall_ms - first.boot_ms) << i;
      ASSERT_GT(pair.boot_ms, 0);
    }
  }
}

TEST(ClockPair, AWallClockBeforeTheBootIsTold) {
  const BusyClock clock(-absl::Hours(1) - absl::Microseconds(300));
  const ClockPair pair = ReadClocks(clock);
  EXPECT_EQ(pair.wall_ms - pair.boot_ms, -3'600'001);
}

}  // namespace
}  // namespace steward::agent
