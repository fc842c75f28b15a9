#include "collector/coverage/gap_causes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace steward::collector {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kMinute = 60'000;

// Minutes 0 to 60 of a gap; events and what was given up in minutes, too.
class GapCauses : public testing::Test {
 protected:
  void Event(double minute, v1::MachineEvent::Kind kind) {
    events_.push_back({absl::FromUnixMillis(static_cast<std::int64_t>(minute * kMinute)), kind});
  }

  // "off 0-20", "unknown 20-60".
  std::vector<std::string> Explain() {
    gap_.to_ms = 60 * kMinute;
    std::vector<std::string> words;
    std::int64_t at_ms = 0;
    for (const Period& period : ExplainGap(gap_, {events_, given_up_, 60'000, restored_})) {
      EXPECT_EQ(period.from_ms, at_ms);
      at_ms = period.to_ms;
      words.push_back(std::string(CauseWord(period.cause)) + " " + std::to_string(period.from_ms / kMinute) + "-" +
                      std::to_string(period.to_ms / kMinute));
    }
    EXPECT_EQ(at_ms, gap_.to_ms);
    return words;
  }

  Gap gap_{.from_ms = 0, .to_ms = 0, .before = BatchName{7, 100}, .after = BatchName{8, 1}, .cause = std::nullopt};
  std::vector<MachineEventRecord> events_;
  std::vector<GivenUp> given_up_;
  std::vector<Restored> restored_;
};

TEST_F(GapCauses, AMachineThatShutDownIsOffUntilItsAgentSpeaks) {
  Event(0, v1::MachineEvent::MACHINE_SHUTTING_DOWN);
  Event(59, v1::MachineEvent::MACHINE_BOOTED);
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("off 0-60"));
}

TEST_F(GapCauses, AnAgentThatIsNotStartedAtBootIsStopped) {
  Event(0, v1::MachineEvent::MACHINE_RESTARTING);
  Event(2, v1::MachineEvent::MACHINE_BOOTED);
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("off 0-2", "agent stopped 2-60"));
}

TEST_F(GapCauses, ABootWithoutGoodbyeWasAPowerCut) {
  Event(58, v1::MachineEvent::MACHINE_BOOTED);
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("off 0-60"));
}

TEST_F(GapCauses, AnAgentThatWasStoppedOrKilledIsStopped) {
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("agent stopped 0-60"));
  events_.insert(events_.begin(), {absl::UnixEpoch(), v1::MachineEvent::AGENT_STOPPED});
  EXPECT_THAT(Explain(), ElementsAre("agent stopped 0-60"));
}

TEST_F(GapCauses, SleepIsTold) {
  Event(0, v1::MachineEvent::SUSPENDING);
  Event(60, v1::MachineEvent::RESUMED);
  EXPECT_THAT(Explain(), ElementsAre("asleep 0-60"));
}

TEST_F(GapCauses, ASleeperThatNeverWokeWasOff) {
  Event(0, v1::MachineEvent::SUSPENDING);
  Event(59, v1::MachineEvent::MACHINE_BOOTED);
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("off 0-60"));
}

TEST_F(GapCauses, WhatARestoredCollectorLostIsTold) {
  restored_ = {{10 * kMinute, 40 * kMinute}};
  gap_.after = BatchName{7, 160};
  EXPECT_THAT(Explain(), ElementsAre("link down 0-10", "collector restored 10-40", "link down 40-60"));
  gap_.after = BatchName{7, 101};
  EXPECT_THAT(Explain(), ElementsAre("asleep 0-60")) << "no batch is missing";
  gap_.after.reset();
  EXPECT_THAT(Explain(), ElementsAre("unknown 0-60")) << "it has not been heard since";
}

TEST_F(GapCauses, WhatTheMachineSaidItselfIsNotTheRestoredCollectors) {
  restored_ = {{-10 * kMinute, 70 * kMinute}};
  Event(60, v1::MachineEvent::AGENT_STARTED);
  gap_.after = BatchName{8, 1};
  EXPECT_THAT(Explain(), ElementsAre("collector restored 0-60")) << "that it was stopped is only inferred";
  events_.insert(events_.begin(), {absl::UnixEpoch(), v1::MachineEvent::AGENT_STOPPED});
  EXPECT_THAT(Explain(), ElementsAre("agent stopped 0-60"));
}

TEST_F(GapCauses, AnAgentThatRanOnWithoutABatchStoodStill) {
  gap_.after = BatchName{7, 101};
  EXPECT_THAT(Explain(), ElementsAre("asleep 0-60"));
}

TEST_F(GapCauses, WhatIsStillWithTheAgentIsBehindTheLink) {
  gap_.after = BatchName{7, 160};
  EXPECT_THAT(Explain(), ElementsAre("link down 0-60"));
  gap_.after = BatchName{8, 30};
  EXPECT_THAT(Explain(), ElementsAre("link down 0-60"));
}

TEST_F(GapCauses, SilenceThatGoesOnIsUnknownUnlessItWasAnnounced) {
  gap_.after.reset();
  EXPECT_THAT(Explain(), ElementsAre("unknown 0-60"));
  Event(0, v1::MachineEvent::AGENT_STOPPED);
  EXPECT_THAT(Explain(), ElementsAre("agent stopped 0-60"));
}

TEST_F(GapCauses, WhatBeganBeforeGoesOn) {
  gap_.before.reset();
  gap_.after.reset();
  gap_.cause = v1::COVERAGE_CAUSE_OFF;
  EXPECT_THAT(Explain(), ElementsAre("off 0-60"));
}

TEST_F(GapCauses, BatchesGivenUpFillTheirPartOfTheGap) {
  gap_.after = BatchName{7, 160};
  given_up_ = {{7, {101, 110}, v1::COVERAGE_CAUSE_DROPPED, {}, {}},
               {7, {150, 159}, v1::COVERAGE_CAUSE_REFUSED, {}, {}}};
  EXPECT_THAT(Explain(), ElementsAre("dropped 0-10", "link down 10-49", "refused 49-60"));
}

TEST_F(GapCauses, BatchesGivenUpBeforeARestartWereSampledWhateverIsInferred) {
  given_up_ = {{7, {101, 110}, v1::COVERAGE_CAUSE_DROPPED, {}, {}}};
  Event(60, v1::MachineEvent::AGENT_STARTED);
  EXPECT_THAT(Explain(), ElementsAre("dropped 0-10", "agent stopped 10-60"));
}

TEST_F(GapCauses, BatchesOfAnEpochInBetweenAreWhereTheirTimesSay) {
  given_up_ = {{9, {1, 50}, v1::COVERAGE_CAUSE_DROPPED, 10 * kMinute, 20 * kMinute},
               {10, {1, 50}, v1::COVERAGE_CAUSE_DROPPED, {}, {}}};
  EXPECT_THAT(Explain(), ElementsAre("unknown 0-10", "dropped 10-20", "unknown 20-60"));
}

}  // namespace
}  // namespace steward::collector
