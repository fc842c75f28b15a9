#include "collector/coverage/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/ingest/event_times.h"
#include "collector/storage/memory/memory_storage.h"
#include "collector/storage/restored_span.h"
#include "proto/wire/segment_codec.h"

namespace steward::collector {
namespace {

using testing::ElementsAre;

constexpr char kId[] = "11111111-2222-4333-8444-555555555555";
constexpr std::int64_t kToday = 20'000;

absl::Time At(double hour, std::int64_t day = kToday) {
  return absl::FromUnixMillis(day * kDayMs) + absl::Hours(1) * hour;
}

// A collector without ingest: batches go to the store and to the coverage record, as a session does it.
class CoverageTest : public testing::Test {
 protected:
  CoverageTest() {
    machine_.id = kId;
    machine_.host_name = machine_.instance = "desk";
    machine_.machine_class = "desktop";
    machine_.interval = absl::Minutes(1);
    machine_.enrolled_time = At(0);
    EXPECT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutMachine(machine_); }).ok());
    StartCollector();
  }

  void StartCollector() {
    coverage_ = std::make_shared<Coverage>(*storage_, clock_, io_.get_executor());
    ASSERT_TRUE(coverage_->Load().ok());
    coverage_->Start();
    Settle();
  }
  // As a crash ends it: what was not flushed is gone.
  void KillCollector() { coverage_.reset(); }

  void Settle() {
    while (io_.poll() > 0) io_.restart();
    io_.restart();
  }
  void MoveTo(absl::Time time) {
    clock_.Advance(time - clock_.WallNow());
    Settle();
  }

  struct Event {
    v1::MachineEvent::Kind kind;
    std::int64_t boot_ms = 1'000'000;
  };
  // One batch, sampled then and delivered now.
  void Batch(absl::Time time, std::vector<Event> told = {}) {
    Observation observation;
    observation.machine = std::make_shared<const MachineRecord>(machine_);
    observation.epoch = epoch_;
    observation.sequence = next_++;
    observation.time = time;
    observation.arrival_time = clock_.WallNow();
    for (const Event& event : told) {
      observation.events.emplace_back();
      observation.events.back().set_kind(event.kind);
      observation.events.back().set_boot_ms(event.boot_ms);
    }
    const absl::Status stored = storage_->WriteAndWait([&](StorageTransaction& t) -> absl::Status {
      BatchRecord record;
      record.machine_id = kId;
      record.epoch = observation.epoch;
      record.sequence = record.segment_first_sequence = observation.sequence;
      record.time = time;
      record.samples = key_frame_;
      if (auto appended = t.AppendBatch(record); !appended.ok()) return appended.status();
      for (const MachineEventRecord& event : EventTimes(time, observation.events)) {
        if (absl::Status added = t.AddMachineEvent(kId, event); !added.ok()) return added;
      }
      return absl::OkStatus();
    });
    ASSERT_TRUE(stored.ok()) << stored;
    if (coverage_ != nullptr) coverage_->OnObservation(observation);
  }
  // Every minute of [from, to], as it is sampled.
  void Live(absl::Time from, absl::Time to) {
    for (absl::Time time = from; time <= to; time += absl::Minutes(1)) {
      MoveTo(std::max(time, clock_.WallNow()));
      Batch(time);
    }
  }
  // Samples that wait with the agent, delivered now.
  void Backlog(absl::Time from, absl::Time to) {
    for (absl::Time time = from; time <= to; time += absl::Minutes(1)) Batch(time);
  }
  void NewEpoch() {
    ++epoch_;
    next_ = 1;
  }

  std::vector<CoverageDay> Days(int count = 1) {
    std::vector<CoverageDay> days;
    const absl::Status read = storage_->Read([&](StorageReader& reader) {
      auto listed = coverage_->Days(reader, machine_, count);
      if (listed.ok()) days = *std::move(listed);
      return listed.status();
    });
    EXPECT_TRUE(read.ok()) << read;
    return days;
  }
  // "observed 480", "late 60", "off 120": minutes, in the order of the causes.
  static std::vector<std::string> Minutes(const CoverageDay& day) {
    std::vector<std::string> words;
    const auto add = [&](const std::string& word, std::int64_t ms) {
      if (ms > 0) words.push_back(word + " " + std::to_string(ms / 60'000));
    };
    add("observed", day.observed_ms);
    add("late", day.late_ms);
    for (const auto& [cause, ms] : day.gap_ms) add(std::string(CauseWord(cause)), ms);
    return words;
  }
  std::vector<std::string> Today() {
    const std::vector<CoverageDay> days = Days();
    EXPECT_EQ(days.size(), 1u);
    return days.empty() ? std::vector<std::string>() : Minutes(days.back());
  }

  static std::string EmptyKeyFrame();

  boost::asio::io_context io_;
  ManualClock clock_{At(0)};
  std::unique_ptr<Storage> storage_ = NewMemoryStorage(MemoryWriter::kInline);
  MachineRecord machine_;
  std::string key_frame_ = EmptyKeyFrame();
  std::uint64_t epoch_ = 1;
  std::uint64_t next_ = 1;
  std::shared_ptr<Coverage> coverage_;
};

// A batch without groups: ReadCommits gives it back.
std::string CoverageTest::EmptyKeyFrame() {
  const wire::DescriptorTable table;
  wire::SegmentEncoder encoder(table);
  wire::SampleBatch batch;
  batch.boot_ms = 1;
  std::string payload;
  EXPECT_TRUE(encoder.Encode(batch, payload).ok());
  return payload;
}

TEST_F(CoverageTest, AMachineThatIsUpIsObserved) {
  Live(At(0), At(8));
  EXPECT_THAT(Today(), ElementsAre("observed 480"));
  EXPECT_DOUBLE_EQ(*coverage_->Ratio(machine_), 1);
}

// The backup is of 01:00, restored at 03:00. Of what was sampled between, the agent gave nothing back.
TEST_F(CoverageTest, WhatARestoredCollectorLostIsNotTheLinks) {
  Live(At(0), At(1));
  ASSERT_TRUE(storage_->WriteAndWait([](StorageTransaction& t) { return NoteRestored(t, {At(1), At(3)}); }).ok());
  next_ += 119;
  Live(At(3), At(4));
  EXPECT_THAT(Today(), ElementsAre("observed 120", "collector restored 120"));
  GapRecord gap;  // in the agent's words
  gap.epoch = epoch_;
  gap.range = {62, 180};
  gap.cause = v1::GapDeclaration::SPOOL_FULL;
  gap.told_time = At(3.5);
  ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& t) { return t.PutGap(kId, gap); }).ok());
  EXPECT_THAT(Today(), ElementsAre("observed 120", "collector restored 120"));
  next_ = 62;
  Backlog(At(1) + absl::Minutes(1), At(3) - absl::Minutes(1));
  EXPECT_THAT(Today(), ElementsAre("observed 240", "late 118")) << "it gave it back after all";
}

TEST_F(CoverageTest, ADeletedMachineIsForgotten) {
  Live(At(0), At(1));
  coverage_->OnMachineDeleted(machine_);
  EXPECT_FALSE(coverage_->Ratio(machine_).has_value());
}

TEST_F(CoverageTest, AWeeksCutReadsLinkDownAndThenDeliveredLater) {
  Live(At(0), At(1));
  MoveTo(At(12, kToday + 6));
  EXPECT_THAT(Today(), ElementsAre("unknown 720"));
  next_ += 6 * 1'440 + 11 * 60 - 1;
  Batch(At(12, kToday + 6));  // the newest first
  std::vector<CoverageDay> days = Days(7);
  ASSERT_EQ(days.size(), 7u);
  EXPECT_THAT(Minutes(days[0]), ElementsAre("observed 60", "link down 1380"));
  EXPECT_THAT(Minutes(days[3]), ElementsAre("link down 1440"));
  EXPECT_THAT(Minutes(days[6]), ElementsAre("link down 720"));

  next_ = 62;
  Backlog(At(1) + absl::Minutes(1), At(12, kToday + 6) - absl::Minutes(1));
  days = Days(7);
  ASSERT_EQ(days.size(), 7u);
  EXPECT_THAT(Minutes(days[0]), ElementsAre("observed 1440", "late 1379"));
  EXPECT_THAT(Minutes(days[3]), ElementsAre("observed 1440", "late 1440"));
  EXPECT_THAT(Minutes(days[6]), ElementsAre("observed 720", "late 717"));
  EXPECT_TRUE(days[3].periods.size() == 1 && days[3].periods[0].late);
}

TEST_F(CoverageTest, ANightOffIsNoFault) {
  Live(At(0), At(2));
  Batch(At(2), {{v1::MachineEvent::MACHINE_SHUTTING_DOWN}});
  MoveTo(At(8));
  EXPECT_THAT(Today(), ElementsAre("observed 120", "off 360"));
  NewEpoch();
  MoveTo(At(10));
  Batch(At(10), {{v1::MachineEvent::MACHINE_BOOTED, 0}, {v1::MachineEvent::AGENT_STARTED, 60'000}});
  Live(At(10) + absl::Minutes(1), At(12));
  EXPECT_THAT(Today(), ElementsAre("observed 240", "off 480"));
  EXPECT_DOUBLE_EQ(*coverage_->Ratio(machine_), 1);
}

TEST_F(CoverageTest, AStoppedAgentCounts) {
  Live(At(0), At(3));
  Batch(At(3), {{v1::MachineEvent::AGENT_STOPPED}});
  MoveTo(At(4));
  EXPECT_THAT(Today(), ElementsAre("observed 180", "agent stopped 60"));
  EXPECT_DOUBLE_EQ(*coverage_->Ratio(machine_), 0.75);
}

TEST_F(CoverageTest, NothingIsForgottenByARestart) {
  Live(At(20), At(26));
  Backlog(At(10), At(12));
  const auto before = Days(2);
  coverage_->Stop();
  Settle();
  KillCollector();
  StartCollector();
  const auto after = Days(2);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].periods, before[i].periods) << i;
}

TEST_F(CoverageTest, ACrashForgetsNothingButTheMinuteOfLateness) {
  Live(At(0), At(2));
  MoveTo(At(6));
  next_ += 240;
  Live(At(6), At(6.2));
  next_ = 122;
  Backlog(At(2) + absl::Minutes(1), At(6) - absl::Minutes(1));  // never flushed
  KillCollector();
  StartCollector();
  MoveTo(clock_.WallNow() + absl::Seconds(5));
  EXPECT_THAT(Today(), ElementsAre("observed 372", "late 238"));
}

TEST_F(CoverageTest, DataFromBeforeTheCoverageRecordIsTakenUp) {
  KillCollector();
  Live(At(0), At(30));
  StartCollector();
  for (int i = 0; i < 100; ++i) MoveTo(clock_.WallNow() + absl::Milliseconds(50));
  const auto days = Days(2);
  ASSERT_EQ(days.size(), 2u);
  EXPECT_THAT(Minutes(days[0]), ElementsAre("observed 1440"));
  EXPECT_THAT(Minutes(days[1]), ElementsAre("observed 360"));
}

TEST_F(CoverageTest, AWorkstationsTimesAreForgottenAndItsSumsAreNot) {
  Live(At(8), At(9));
  Batch(At(9), {{v1::MachineEvent::MACHINE_SHUTTING_DOWN}});
  MoveTo(At(8, kToday + 2));
  NewEpoch();
  Batch(At(8, kToday + 2), {{v1::MachineEvent::MACHINE_BOOTED, 0}, {v1::MachineEvent::AGENT_STARTED, 60'000}});
  Live(At(8, kToday + 2) + absl::Minutes(1), At(9, kToday + 2));
  const auto before = Days(3);
  MoveTo(At(1, kToday + 16));
  const auto after = Days(17);
  ASSERT_EQ(before.size(), 3u);
  ASSERT_EQ(after.size(), 17u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(Minutes(after[i]), Minutes(before[i])) << i;
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].summary, after[i].day < kToday + 2) << i;
    EXPECT_EQ(after[i].periods.empty(), after[i].day < kToday + 2) << i;
  }
  EXPECT_THAT(Minutes(after[0]), ElementsAre("observed 60", "unknown 480", "off 900"));
  EXPECT_THAT(Minutes(after[1]), ElementsAre("off 1440"));
  EXPECT_THAT(Minutes(after[2]), ElementsAre("observed 60", "unknown 900", "off 480"));
  const auto events = [&] {
    std::vector<MachineEventRecord> kept;
    (void)storage_->Read([&](StorageReader& reader) {
      kept = *reader.ListMachineEvents(kId, absl::InfinitePast());
      return absl::OkStatus();
    });
    return kept;
  }();
  EXPECT_EQ(events.size(), 2u);
}

TEST_F(CoverageTest, AMachineThatNeverSpokeIsNotObserved) {
  MoveTo(At(3));
  EXPECT_THAT(Today(), ElementsAre("unknown 180"));
}

}  // namespace
}  // namespace steward::collector
