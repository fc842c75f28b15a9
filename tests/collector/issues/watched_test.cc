// Protects: what is watched on a machine can be listed, and what is not says why.
#include <map>

#include "collector/issues/issue_judge.h"
#include "collector/rules/rule_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);

class WatchedTest : public ::testing::Test {
 protected:
  WatchedTest() {
    machine.id = "6f1c2f9e-0000-4000-8000-000000000001";
    machine.machine_class = "server";
    machine.interval = absl::Seconds(15);
  }

  // Samples one series a group.
  std::map<std::string, Watched> WatchedWith(const std::vector<std::pair<std::string, double>>& metrics) {
    IssueJudge judge(MakeRules(),
                     [](std::string_view rule, const MachineRecord&) {
                       RuleConfig config;
                       if (rule == "inodes-low") config.enabled = false;
                       return config;
                     },
                     kNow);
    v1::DescriptorSet set;
    set.set_epoch(7);
    Observation observation;
    for (const auto& [metric, value] : metrics) {
      v1::ProbeGroup& group = *set.add_groups();
      group.set_id(static_cast<std::uint32_t>(set.groups_size()));
      group.set_name(metric);
      group.set_interval_ms(15'000);
      v1::SeriesDescriptor& series = *set.add_series();
      series.set_id(group.id());
      series.set_group(group.id());
      series.set_metric(metric);
      series.set_type(v1::METRIC_TYPE_GAUGE);
      series.set_kind(v1::VALUE_KIND_DOUBLE);
      observation.groups.push_back({group.id(), {{group.id(), value}}});
    }
    auto table = std::make_shared<wire::DescriptorTable>();
    EXPECT_TRUE(table->Add(set).ok());
    observation.machine = std::make_shared<const MachineRecord>(machine);
    observation.epoch = 7;
    observation.time = observation.arrival_time = kNow + absl::Seconds(15);
    observation.newest = true;
    observation.descriptors = std::move(table);
    JudgeOutput out;
    judge.OnObservation(observation, out);
    const auto types = judge.WatchedOn(machine.id);
    return {types.begin(), types.end()};
  }

  MachineRecord machine;
};

TEST_F(WatchedTest, CountsWhatIsJudgedAndSaysWhyTheRestIsNot) {
  const auto watched = WatchedWith({{"steward_updates_pending", 0}, {"node_vmstat_oom_kill", 0}});
  EXPECT_EQ(watched.at("oom-kill").subjects, 1u);
  EXPECT_EQ(watched.at("oom-kill").why_not, "");
  EXPECT_EQ(watched.at("raid-degraded").subjects, 0u);
  EXPECT_THAT(watched.at("raid-degraded").why_not, ::testing::HasSubstr("no data of node_md_disks"));
  EXPECT_EQ(watched.at("inodes-low").why_not, "switched off by the configuration");
  EXPECT_EQ(watched.at("laptop-battery-worn").why_not, "not for machines of class server");
  EXPECT_EQ(watched.at("machine-offline").why_not, "");
  EXPECT_NE(watched.at("machine-missing").why_not, "");
}

TEST_F(WatchedTest, EveryTypeIsListedOnce) {
  std::map<std::string, int> known;
  for (const KnownRule& rule : KnownRules()) ++known[rule.id];
  const auto watched = WatchedWith({});
  EXPECT_EQ(watched.size(), known.size());
  EXPECT_GE(known.size(), 40u);
}

TEST_F(WatchedTest, WhatPeopleHaveNotEnteredIsSaid) {
  const auto types = WatchedWith({{"node_load1", 1}});
  EXPECT_EQ(types.at("warranty-ending").why_not, "no [[register]] of kind \"warranty\" or \"contract\" names this machine");
  EXPECT_EQ(types.at("domain-expiring").why_not, "is judged of sites that a [[register]] of kind \"domain\" names");
  EXPECT_EQ(types.at("hardware-end-of-life").why_not, "nothing tells its age; a [[register]] of kind \"purchase\" may tell when it was bought");
  EXPECT_EQ(types.at("restore-test-overdue").why_not, "neither a backup job nor a [[register]] of kind \"restore-test\" is known of it");
  EXPECT_EQ(types.at("workstation-underpowered").why_not, "is judged of desktops and laptops");
}

}  // namespace
}  // namespace steward::collector
