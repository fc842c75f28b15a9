#include "collector/latest/latest.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/manual_clock.h"
#include "collector/metrics/machine_series.h"
#include "tests/support/observed_machine.h"

namespace steward::collector {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr char kId[] = "11111111-1111-4111-8111-111111111111";
constexpr char kOtherId[] = "22222222-2222-4222-8222-222222222222";

class LatestTest : public testing::Test {
 protected:
  std::string Text() {
    auto source = MachineSeries(latest_, latest_.Machines());
    std::string text;
    while (source->Next(text)) {
    }
    return text;
  }
  void Observe(ObservedMachine& machine, std::vector<ObservedGroup> groups) {
    latest_.OnObservation(machine.At(clock_.WallNow(), std::move(groups)));
  }

  ManualClock clock_{kStart};
  Latest latest_{clock_};
  ObservedMachine machine_{ObservedMachine::Record("srv-file", kId)};
};

TEST_F(LatestTest, TheLastValueOfASeriesIsShownWithTheMachinesLabelsFirst) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto load = machine_.AddSeries(1, "node_load1", {}, v1::METRIC_TYPE_GAUGE, "Load.");
  const auto cpu = machine_.AddSeries(1, "node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}},
                                      v1::METRIC_TYPE_COUNTER);
  Observe(machine_, {{1, {{load, 0.5}, {cpu, 100}}}});
  Observe(machine_, {{1, {{load, 0.75}, {cpu, 115.5}}}});
  EXPECT_EQ(Text(),
            "# HELP node_load1 Load.\n# TYPE node_load1 gauge\n"
            "node_load1{instance=\"srv-file\",machine=\"11111111-1111-4111-8111-111111111111\",site=\"Head office\","
            "class=\"server\"} 0.75\n"
            "# TYPE node_cpu_seconds_total counter\n"
            "node_cpu_seconds_total{instance=\"srv-file\",machine=\"11111111-1111-4111-8111-111111111111\","
            "site=\"Head office\",class=\"server\",cpu=\"0\",mode=\"idle\"} 115.5\n");
}

TEST_F(LatestTest, AllSeriesOfAFamilyStandTogetherAcrossMachines) {
  ObservedMachine other(ObservedMachine::Record("pc-1", kOtherId));
  for (ObservedMachine* machine : {&machine_, &other}) {
    machine->AddGroup(1, absl::Seconds(15));
    const auto a = machine->AddSeries(1, "a");
    const auto b = machine->AddSeries(1, "b");
    Observe(*machine, {{1, {{a, 1}, {b, 2}}}});
  }
  const std::string text = Text();
  EXPECT_EQ(text.find("# TYPE a"), 0u);
  EXPECT_LT(text.find("a{instance=\"pc-1\""), text.find("a{instance=\"srv-file\""));
  EXPECT_LT(text.find("a{instance=\"srv-file\""), text.find("# TYPE b"));
  EXPECT_EQ(text.find("# TYPE b"), text.rfind("# TYPE b"));
}

TEST_F(LatestTest, ASeriesThatIsAbsentFromItsSampledGroupIsGone) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto root = machine_.AddSeries(1, "fs", {{"mountpoint", "/"}});
  const auto stick = machine_.AddSeries(1, "fs", {{"mountpoint", "/media/stick"}});
  Observe(machine_, {{1, {{root, 1}, {stick, 2}}}});
  EXPECT_NE(Text().find("stick"), std::string::npos);
  Observe(machine_, {{1, {{root, 3}}}});
  EXPECT_EQ(Text().find("stick"), std::string::npos);
  EXPECT_NE(Text().find("mountpoint=\"/\"} 3\n"), std::string::npos);
}

TEST_F(LatestTest, AGroupNotSampledForThreeOfItsIntervalsLeaves) {
  machine_.AddGroup(1, absl::Seconds(15));
  machine_.AddGroup(2, absl::Minutes(1));
  const auto fast = machine_.AddSeries(1, "fast");
  const auto slow = machine_.AddSeries(2, "slow");
  Observe(machine_, {{1, {{fast, 1}}}, {2, {{slow, 2}}}});
  clock_.Advance(absl::Seconds(44));
  EXPECT_NE(Text().find("fast{"), std::string::npos);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Text().find("fast"), std::string::npos);
  EXPECT_NE(Text().find("slow{"), std::string::npos);
  clock_.Advance(absl::Seconds(135));
  EXPECT_EQ(Text(), "");
  EXPECT_EQ(latest_.Find(kId)->values->series_count(clock_.BootNow()), 0u);
}

TEST_F(LatestTest, WhatArrivesLateIsShownOnlyAsLongAsItIsFresh) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto series = machine_.AddSeries(1, "a");
  latest_.OnObservation(machine_.At(kStart - absl::Seconds(45), {{1, {{series, 1}}}}));
  EXPECT_EQ(Text(), "");
  latest_.OnObservation(machine_.At(kStart - absl::Seconds(40), {{1, {{series, 2}}}}));
  EXPECT_NE(Text().find("} 2\n"), std::string::npos);
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(Text(), "");
}

TEST_F(LatestTest, AnOlderBatchChangesNothing) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto series = machine_.AddSeries(1, "a");
  Observe(machine_, {{1, {{series, 1}}}});
  Observation older = machine_.At(kStart - absl::Seconds(15), {{1, {{series, 99}}}});
  older.newest = false;
  latest_.OnObservation(older);
  EXPECT_NE(Text().find("} 1\n"), std::string::npos);
  EXPECT_EQ(latest_.Find(kId)->last_seen_time, kStart);
}

TEST_F(LatestTest, ANewEpochStartsAfresh) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto a = machine_.AddSeries(1, "a");
  Observe(machine_, {{1, {{a, 1}}}});
  machine_.NewEpoch();
  machine_.AddGroup(1, absl::Seconds(15));
  const auto b = machine_.AddSeries(1, "b");
  ASSERT_EQ(a, b);
  Observe(machine_, {{1, {{b, 2}}}});
  EXPECT_EQ(Text().find("a{"), std::string::npos);
  EXPECT_NE(Text().find("b{"), std::string::npos);
}

TEST_F(LatestTest, AMachineCannotPoseAsTheCollectorOrAsAnotherMachine) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto up = machine_.AddSeries(1, "steward_machine_up");
  const auto posing = machine_.AddSeries(1, "a", {{"device", "x"}, {"instance", "other"}, {"machine", "other"}});
  const auto own = machine_.AddSeries(1, "steward_agent_spool_bytes");
  Observe(machine_, {{1, {{up, 1}, {posing, 1}, {own, 1}}}});
  const std::string text = Text();
  EXPECT_EQ(text.find("steward_machine_up"), std::string::npos);
  EXPECT_EQ(text.find("other"), std::string::npos);
  EXPECT_NE(text.find("device=\"x\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("steward_agent_spool_bytes{"), std::string::npos);
}

TEST_F(LatestTest, TwoDescriptorsOfOneNameAndLabelsMakeOneLine) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto first = machine_.AddSeries(1, "a", {{"x", "1"}});
  const auto second = machine_.AddSeries(1, "a", {{"x", "1"}});
  Observe(machine_, {{1, {{first, 1}, {second, 2}}}});
  const std::string text = Text();
  EXPECT_EQ(text.find("a{"), text.rfind("a{"));
}

TEST_F(LatestTest, AMachineIsUpWhileItsLastBatchIsYoungerThanNinetySeconds) {
  Observe(machine_, {});
  EXPECT_TRUE(latest_.Find(kId)->up);
  clock_.Advance(absl::Seconds(89));
  EXPECT_TRUE(latest_.Find(kId)->up);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(latest_.Find(kId)->up);
}

TEST_F(LatestTest, ASlowMachineIsUpForThreeOfItsIntervals) {
  EXPECT_TRUE(IsUp(kStart, absl::Minutes(1), kStart + absl::Seconds(179)));
  EXPECT_FALSE(IsUp(kStart, absl::Minutes(1), kStart + absl::Seconds(180)));
  EXPECT_FALSE(IsUp(absl::InfinitePast(), absl::Minutes(1), kStart));
}

TEST_F(LatestTest, KnownMachinesAreListedByNameBeforeAnyBatch) {
  MachineRecord b = ObservedMachine::Record("b", kId);
  MachineRecord a = ObservedMachine::Record("a", kOtherId);
  MachineRecord retired = ObservedMachine::Record("c", "33333333-3333-4333-8333-333333333333");
  retired.state = MachineState::kRetired;
  b.last_seen_time = kStart - absl::Seconds(5);
  latest_.Load({b, a, retired});
  const auto machines = latest_.Machines();
  ASSERT_EQ(machines.size(), 2u);
  EXPECT_EQ(machines[0].record->host_name, "a");
  EXPECT_FALSE(machines[0].up);
  EXPECT_TRUE(machines[1].up);
}

TEST_F(LatestTest, ARetiredMachineLeavesAndABatchUnderWayDoesNotBringItBack) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto series = machine_.AddSeries(1, "a");
  Observe(machine_, {{1, {{series, 1}}}});
  MachineRecord retired = machine_.record();
  retired.state = MachineState::kRetired;
  latest_.OnMachineChanged(retired);
  EXPECT_EQ(Text(), "");
  Observe(machine_, {{1, {{series, 2}}}});
  EXPECT_TRUE(latest_.Machines().empty());
}

TEST_F(LatestTest, ARenamedMachineShowsItsNewName) {
  machine_.AddGroup(1, absl::Seconds(15));
  const auto series = machine_.AddSeries(1, "a");
  Observe(machine_, {{1, {{series, 1}}}});
  MachineRecord renamed = machine_.record();
  renamed.instance = "srv-archive";
  latest_.OnMachineChanged(renamed);
  EXPECT_NE(Text().find("a{instance=\"srv-archive\""), std::string::npos);
}

TEST_F(LatestTest, AStreamThatOpensBeforeTheOldOneIsNoticedDeadCountsAsConnected) {
  latest_.OnConnected(machine_.record(), "10.0.0.7", kStart);
  latest_.OnConnected(machine_.record(), "10.0.0.8", kStart);
  latest_.OnDisconnected(machine_.record(), kStart);
  EXPECT_TRUE(latest_.Find(kId)->connected);
  EXPECT_EQ(latest_.Find(kId)->record->address, "10.0.0.8");
  latest_.OnDisconnected(machine_.record(), kStart);
  EXPECT_FALSE(latest_.Find(kId)->connected);
}

TEST_F(LatestTest, ReadingWhileWritingShowsWholeLines) {
  machine_.AddGroup(1, absl::Seconds(15));
  std::vector<std::uint32_t> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(machine_.AddSeries(1, "a", {{"x", std::to_string(i)}}));
  std::thread writer([&] {
    for (int round = 0; round < 300; ++round) {
      ObservedGroup group{1, {}};
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if ((i + static_cast<std::size_t>(round)) % 7 != 0) group.values.push_back({ids[i], round * 1.0});
      }
      Observe(machine_, {group});
    }
  });
  for (int round = 0; round < 100; ++round) {
    const std::string text = Text();
    EXPECT_TRUE(text.empty() || text.back() == '\n');
  }
  writer.join();
}

}  // namespace
}  // namespace steward::collector
