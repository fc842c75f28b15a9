// Right times: wrong wall clocks, steps, drift, reboots that never met the collector, the collector's own clock.
#include "collector/ingest/boot_clock.h"
#include "collector/ingest/limits.h"
#include "collector/ingest/machine_clocks.h"
#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
absl::Time Ms(std::int64_t ms) { return absl::FromUnixMillis(ms); }

v1::SegmentStart Segment(const std::string& boot_id, std::int64_t boot_ms, std::int64_t wall_ms) {
  v1::SegmentStart segment;
  segment.set_boot_id(boot_id);
  segment.set_anchor_boot_ms(boot_ms);
  segment.set_anchor_wall_ms(wall_ms);
  return segment;
}

TEST(MachineClocksTest, AMachineThatKeepsTimeIsTakenAtItsWord) {
  MachineClocks clocks({}, absl::InfinitePast(), "run");
  clocks.Measure({kHour, kNow - 400, Ms(kNow), absl::Milliseconds(20)});
  EXPECT_EQ(clocks.For(Segment("run", 0, 0), false, Ms(kNow))->WallMsAt(kHour), kNow - 400);
  EXPECT_EQ(clocks.wall_error_ms(), -400);
}

// Half a second off, taken at its word; then an answer that lay unread for 42 s.
TEST(MachineClocksTest, AComparisonThatTellsLessThanIsKnownChangesNothing) {
  BootClockRecord known{"run", false, -484, Ms(kNow), {{kHour, kNow}}};
  MachineClocks clocks({known}, Ms(kNow), "run");
  clocks.Measure({kHour + 60'000, kNow + 60'000, Ms(kNow + 60'000 + 21'673), absl::Milliseconds(21'189)});
  EXPECT_EQ(clocks.For(Segment("run", 0, 0), false, Ms(kNow))->WallMsAt(2 * kHour), kNow + kHour);
}

TEST(MachineClocksTest, AWrongWallClockDoesNotMatter) {
  MachineClocks clocks({}, absl::InfinitePast(), "run");
  clocks.Measure({kHour, 12'345, Ms(kNow), absl::Milliseconds(20)});  // 1970
  EXPECT_EQ(clocks.For(Segment("run", kHour - 5000, 999), false, Ms(kNow))->WallMsAt(kHour - 5000), kNow - 5000);
}

TEST(MachineClocksTest, WhatIsStoredStaysAndDriftIsSpreadOverTheTimeAway) {
  BootClockRecord known{"run", false, 0, Ms(kNow), {{kHour, kNow}}};
  // Seven days later its crystal has lost 20 s; the newest stored sample is of an hour after the measurement.
  MachineClocks clocks({known}, Ms(kNow + kHour), "run");
  const std::int64_t boot = kHour + 7 * kDay;
  clocks.Measure({boot, kNow + 7 * kDay + 20'000 + 5000, Ms(kNow + 7 * kDay + 20'000), absl::Milliseconds(50)});
  const BootClock& clock = *clocks.For(Segment("run", 0, 0), false, Ms(kNow));
  EXPECT_EQ(clock.WallMsAt(2 * kHour), kNow + kHour) << "fixed";
  EXPECT_EQ(clock.WallMsAt(boot), kNow + 7 * kDay + 20'000);
  EXPECT_NEAR(static_cast<double>(clock.WallMsAt(boot / 2)), static_cast<double>(kNow - kHour + boot / 2 + 10'000), 200.0);
  EXPECT_EQ(clocks.TakeChanged().size(), 1u);
}

TEST(MachineClocksTest, AStepOfTheCollectorsClockIsMadeGoodWithoutTimeStandingStill) {
  BootClockRecord known{"run", false, 0, Ms(kNow), {{kHour, kNow}}};
  for (const std::int64_t step : {-60'000, 60'000}) {
    MachineClocks clocks({known}, Ms(kNow + 1000), "run");
    clocks.Measure({kHour + 2000, kNow, Ms(kNow + 2000 + step), absl::Milliseconds(10)});
    const BootClock& clock = *clocks.For(Segment("run", 0, 0), false, Ms(kNow));
    std::int64_t before = clock.WallMsAt(kHour + 1000);
    EXPECT_EQ(before, kNow + 1000);
    for (std::int64_t boot = kHour + 16'000; boot < kHour + 3 * kHour; boot += 15'000) {
      const std::int64_t wall = clock.WallMsAt(boot);
      EXPECT_GE(wall - before, 14'800) << step;
      EXPECT_LE(wall - before, 15'200) << step;
      before = wall;
    }
    EXPECT_EQ(clock.WallMsAt(4 * kHour), kNow + 3 * kHour + step);
  }
}

TEST(MachineClocksTest, ABootThatNeverMetTheCollectorIsCorrectedByItsNeighbour) {
  MachineClocks clocks({}, absl::InfinitePast(), "run");
  clocks.Measure({kHour, kNow + 2 * kHour, Ms(kNow), absl::Milliseconds(10)});  // two hours fast
  const BootClock& clock = *clocks.For(Segment("before", 10 * kHour, kNow - 3 * kHour), true, Ms(kNow));
  EXPECT_EQ(clock.WallMsAt(10 * kHour), kNow - 5 * kHour);
  EXPECT_TRUE(clock.record().estimated);
}

TEST(MachineClocksTest, BootsOfADeadClockAreKeptInOrderBetweenTheirNeighbours) {
  BootClockRecord met{"met", false, 0, Ms(kNow - 2 * kDay), {{0, kNow - 3 * kDay}}};
  MachineClocks clocks({met}, Ms(kNow - 2 * kDay), "run");
  clocks.Measure({kHour, kNow, Ms(kNow), absl::Milliseconds(10)});  // set by NTP meanwhile
  // Newest first, both from 1970.
  const BootClock& second = *clocks.For(Segment("second", 3 * kHour, 10'800'000), true, Ms(kNow));
  const BootClock& first = *clocks.For(Segment("first", 5 * kHour, 18'000'000), true, Ms(kNow));
  EXPECT_LE(second.WallMsAt(3 * kHour + 15 * 60'000), kNow - kHour);
  EXPECT_GE(second.start_time(), Ms(kNow - 2 * kDay));
  EXPECT_LE(first.WallMsAt(5 * kHour + 15 * 60'000), absl::ToUnixMillis(second.start_time()));
  EXPECT_GE(first.start_time(), Ms(kNow - 2 * kDay));
  EXPECT_EQ(clocks.TakeChanged().size(), 3u);
}

TEST(MachineClocksTest, ABootClockThatWentBackBeginsAnew) {
  BootClockRecord known{"run", false, 0, Ms(kNow), {{kHour, kNow}}};
  MachineClocks clocks({known}, Ms(kNow + kDay), "run");
  clocks.Measure({2 * kHour, kNow + kHour, Ms(kNow + 2 * kDay), absl::Milliseconds(10)});
  EXPECT_EQ(clocks.For(Segment("run", 0, 0), false, Ms(kNow))->WallMsAt(2 * kHour), kNow + 2 * kDay);
}

TEST(MachineClocksTest, AtTheEdgeOfTrustTimeIsNotMovedToAndFro) {
  BootClockRecord known{"run", false, -480, Ms(kNow), {{kHour, kNow - 480}}};
  MachineClocks clocks({known}, Ms(kNow + 60'000), "run");
  // The Hello's way took a few milliseconds more than the reading's.
  clocks.Measure({2 * kHour, kNow + kHour - 506, Ms(kNow + kHour), absl::Milliseconds(5)});
  clocks.Measure({2 * kHour + 20, kNow + kHour + 20 - 500, Ms(kNow + kHour + 20), absl::Milliseconds(5)});
  const BootClock& clock = *clocks.For(Segment("run", 0, 0), false, Ms(kNow));
  EXPECT_NEAR(static_cast<double>(clock.WallMsAt(2 * kHour)), static_cast<double>(kNow + kHour), 250.0);
  EXPECT_NEAR(static_cast<double>(clock.WallMsAt(3 * kHour)), static_cast<double>(kNow + 2 * kHour), 250.0);
}

TEST(BootClockTest, ACorrectionThatReplacesAnUnfinishedOneIsNotAddedToIt) {
  BootClock clock({"run", false, 0, Ms(kNow), {{0, kNow}}});
  ASSERT_TRUE(clock.Correct(kHour, kNow + kHour + 5000, absl::ZeroDuration(), 0));
  ASSERT_TRUE(clock.Correct(kHour + 10, kNow + kHour + 10 - 5000, absl::ZeroDuration(), 0));
  EXPECT_EQ(clock.WallMsAt(kHour + 10), kNow + kHour + 10 - 5000);
  EXPECT_EQ(clock.WallMsAt(2 * kHour), kNow + 2 * kHour - 5000);
}

TEST(BootClockTest, IsItsOwnInverse) {
  BootClock clock({"run", false, 0, Ms(kNow), {{0, kNow}}});
  ASSERT_TRUE(clock.Correct(kHour, kNow + kHour + 5000, absl::ZeroDuration(), 0));
  ASSERT_TRUE(clock.Correct(2 * kHour, kNow + 2 * kHour - 5000, absl::ZeroDuration(), kHour));
  for (std::int64_t boot = 0; boot < 4 * kHour; boot += 7'777) {
    EXPECT_NEAR(static_cast<double>(clock.BootMsAt(Ms(clock.WallMsAt(boot)))), static_cast<double>(boot), 2.0);
  }
  EXPECT_FALSE(clock.ToWall(-1).ok());
}

using ClockSessionTest = IngestFixture;

TEST_F(ClockSessionTest, MeasuresByTheReadingAndStoresWithTheFirstBatch) {
  TestEpoch epoch(7);
  FakeTransport& agent = Connect();
  v1::AgentMessage hello = epoch.Hello(kId);
  hello.mutable_hello()->set_wall_ms(TestEpoch::kAnchorWallMs + 7'200'000);  // two hours fast
  Say(agent, hello);
  clock.Advance(absl::Milliseconds(400));
  v1::AgentMessage reading;
  reading.mutable_clock()->set_boot_ms(TestEpoch::kAnchorBootMs + 200);
  reading.mutable_clock()->set_wall_ms(TestEpoch::kAnchorWallMs + 7'200'200);
  reading.mutable_clock()->set_collector_wall_ms(agent.taken.at(0).welcome().wall_ms());
  Say(agent, reading);
  Say(agent, epoch.Descriptors());
  v1::AgentMessage segment = epoch.Segment(1);
  segment.mutable_segment()->set_anchor_wall_ms(TestEpoch::kAnchorWallMs + 7'200'000);
  Say(agent, segment);
  Say(agent, epoch.Batch(1));
  ASSERT_EQ(sink.observations.size(), 1u);
  EXPECT_EQ(sink.observations[0].time, absl::FromUnixMillis(TestEpoch::kAnchorWallMs + 1000));
  EXPECT_THAT(Metrics(), HasSubstr("steward_machine_clock_offset_seconds{"));
  EXPECT_THAT(Metrics(), HasSubstr("} 7200\n"));
  std::vector<BootClockRecord> stored;
  ASSERT_TRUE(storage.Read([&](StorageReader& reader) {
                       stored = reader.ListBootClocks(kId).value();
                       return absl::OkStatus();
                     })
                  .ok());
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].wall_error_ms, 7'200'000);
  EXPECT_FALSE(stored[0].estimated);
}

TEST_F(ClockSessionTest, AsksAgainEveryHour) {
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  v1::AgentMessage reading;
  reading.mutable_clock()->set_boot_ms(TestEpoch::kAnchorBootMs);
  reading.mutable_clock()->set_wall_ms(TestEpoch::kAnchorWallMs);
  Say(agent, reading);
  clock.Advance(kClockProbeInterval);
  Run();
  EXPECT_TRUE(agent.taken.back().has_clock_probe());
}

// It lay unread while the disk was full.
TEST_F(ClockSessionTest, TheAnswerToAnEarlierQuestionIsNotTakenForThatToTheLast) {
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  v1::AgentMessage reading;
  reading.mutable_clock()->set_boot_ms(TestEpoch::kAnchorBootMs);
  reading.mutable_clock()->set_wall_ms(TestEpoch::kAnchorWallMs);
  reading.mutable_clock()->set_collector_wall_ms(agent.taken.at(0).welcome().wall_ms());
  Say(agent, reading);
  const auto offset = [this] {
    const std::string text = Metrics();
    const std::size_t at = text.find("\nsteward_machine_clock_offset_seconds{");
    return text.substr(at, text.find('\n', at + 1) - at);
  };
  const std::string before = offset();
  clock.Advance(kClockProbeInterval);
  Run();
  Say(agent, reading);
  EXPECT_EQ(offset(), before);
}

}  // namespace
}  // namespace steward::collector
