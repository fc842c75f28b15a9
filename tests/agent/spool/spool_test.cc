#include "agent/spool/spool.h"

#include "gmock/gmock.h"
#include "tests/agent/spool/spool_fixture.h"

namespace steward::agent {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

TEST_F(SpoolTest, WhatWasAppendedIsReadBackInOrderAndDecodes) {
  Open();
  AddMany(1, 70);
  const auto values = ReadWaiting();
  ASSERT_THAT(values, SizeIs(70));
  std::int64_t expected = 1;
  for (const auto& [key, value] : values) EXPECT_EQ(value, expected++);
}

TEST_F(SpoolTest, ASegmentTakesAQuarterOfAnHourAndEndsAtTheHour) {
  Open();  // 08:00
  AddMany(1, 59);
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(1));
  AddMany(60, 65);
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(2));
  AddMany(66, 241);
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(5));
}

TEST_F(SpoolTest, ACutBeginsASegmentWithTheNextBatch) {
  Open();
  AddMany(1, 3);
  spool_->CutSegment();
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(1));
  AddMany(4, 5);
  ASSERT_THAT(spool_->WaitingSegments(), SizeIs(2));
  const auto cursor = spool_->OpenSegment(spool_->WaitingSegments().back());
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ((*cursor)->start().first_sequence(), 4u);
  EXPECT_EQ((*cursor)->start().boot_id(), "boot-a");
}

TEST_F(SpoolTest, ACursorFollowsTheSegmentWhileItGrows) {
  Open();
  AddMany(1, 1);
  const auto cursor = spool_->OpenSegment(spool_->current_segment());
  ASSERT_TRUE(cursor.ok());
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence) {
    const auto batch = (*cursor)->Next();
    ASSERT_TRUE(batch.ok() && batch->has_value());
    EXPECT_EQ((*batch)->sequence(), sequence);
    const auto none = (*cursor)->Next();
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none->has_value());
    AddMany(1, 1);
  }
}

TEST_F(SpoolTest, EveryStartDrawsANewEpochAndTheOldOnesStayReadable) {
  Open();
  AddMany(1, 3);
  Open();  // as after kill -9: nothing was closed
  AddMany(4, 5);
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 1u), 1), Pair(Pair(100u, 2u), 2), Pair(Pair(100u, 3u), 3),
                                         Pair(Pair(101u, 1u), 4), Pair(Pair(101u, 2u), 5)));
  EXPECT_EQ(spool_->previous_boot_id(), "boot-a");
}

TEST_F(SpoolTest, AnEpochThatWasStartedAnewCountsFromOne) {
  Open();
  AddMany(1, 2);
  spool_->StartEpoch();
  first_ = true;
  AddMany(3, 3);
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 1u), 1), Pair(Pair(100u, 2u), 2), Pair(Pair(101u, 1u), 3)));
}

TEST_F(SpoolTest, AcknowledgedBatchesStayMarkedOverARestart) {
  Open();
  AddMany(1, 5);
  spool_->MarkCommitted(100, 1, 2);
  spool_->MarkCommitted(100, 4, 4);
  EXPECT_EQ(spool_->status().batches_waiting, 2u);
  Open();
  EXPECT_EQ(spool_->status().batches_waiting, 2u);
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 3u), 3), Pair(Pair(100u, 5u), 5)));
}

TEST_F(SpoolTest, AcknowledgedSegmentsAreKeptAndOfferedToARestoredCollector) {
  Open();
  AddMany(1, 5);
  spool_->MarkCommitted(100, 1, 5);
  Open();
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(0));
  const auto held = spool_->Held();
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].epoch(), 100u);
  EXPECT_EQ(held[0].ranges(0).last(), 5u);
  IntervalSet has;
  has.Add(1, 2);
  spool_->ReplaceCommitted(100, has);
  EXPECT_THAT(ReadWaiting(), SizeIs(3));
}

TEST_F(SpoolTest, OfADoubtedEpochNothingNewIsBelievedCommitted) {
  Open();
  AddMany(1, 5);
  spool_->MarkCommitted(100, 1, 3);
  IntervalSet has;
  has.Add(2, 9);
  spool_->KeepCommitted(100, has);
  EXPECT_THAT(ReadWaiting(), SizeIs(3)) << "1, which the collector has not, 4 and 5, which may be another's";
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
}

TEST_F(SpoolTest, WhatARestoredCollectorLostAndIsNotHeldAnyMoreIsDeclared) {
  Open();
  AddMany(1, 3);
  spool_->CutSegment();
  AddMany(4, 8);
  spool_->MarkCommitted(100, 1, 8);
  IntervalSet has;
  has.Add(1, 8);
  clock_.Advance(settings_.age_max - absl::Minutes(1));
  AddMany(9, 9);
  clock_.Advance(absl::Minutes(2));
  AddMany(10, 10);
  ASSERT_EQ(spool_->Held()[0].ranges(0).first(), 9u) << "acknowledged, and dropped for its age";
  spool_->ReplaceCommitted(100, has);
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
  has.Remove(6, 8);
  spool_->ReplaceCommitted(100, has);
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].range, (SequenceSpan{6, 8}));
  spool_->ReplaceCommitted(100, has);
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(1)) << "said once";
}

TEST_F(SpoolTest, RefusedBatchesBecomeADeclaredGapAndAreNotSentAgain) {
  Open();
  AddMany(1, 5);
  spool_->MarkRefused(100, 2, 3);
  EXPECT_EQ(spool_->status().batches_waiting, 3u);
  auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::REFUSED);
  EXPECT_EQ(gaps[0].range, (SequenceSpan{2, 3}));
  AddMany(6, 6);
  EXPECT_THAT(spool_->WaitingSegments(), SizeIs(2)) << "the next batch must not be a delta against a refused one";
  Open();
  gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  spool_->MarkGapTold(gaps[0]);
  Open();
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
  EXPECT_EQ(spool_->status().batches_waiting, 4u);
}

TEST_F(SpoolTest, OverTheBudgetAcknowledgedSegmentsGoFirstThenTheOldest) {
  settings_.bytes_max = 12'000;
  Open();
  AddMany(1, 10);
  spool_->CutSegment();
  AddMany(11, 20);
  spool_->CutSegment();
  spool_->MarkCommitted(100, 11, 20);
  while (spool_->status().bytes < 11'500) AddMany(1, 1);
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
  while (spool_->Held()[0].ranges_size() == 1) AddMany(1, 1);
  EXPECT_EQ(spool_->Held()[0].ranges(0).last(), 10u) << "the acknowledged segment went";
  EXPECT_THAT(spool_->UntoldGaps(), SizeIs(0));
  while (spool_->UntoldGaps().empty()) AddMany(1, 1);
  const auto gap = spool_->UntoldGaps()[0];
  EXPECT_EQ(gap.cause, v1::GapDeclaration::SPOOL_FULL);
  EXPECT_EQ(gap.range, (SequenceSpan{1, 10}));
  EXPECT_EQ(gap.values, 10u * kTestSeries);
  EXPECT_LE(spool_->status().bytes, settings_.bytes_max);
}

TEST_F(SpoolTest, WhatIsTooOldIsDroppedAndDeclared) {
  Open();
  AddMany(1, 3);
  clock_.Advance(absl::Hours(14 * 24 + 1));
  AddMany(4, 4);
  AddMany(5, 5);
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::TOO_OLD);
  EXPECT_EQ(gaps[0].range, (SequenceSpan{1, 3}));
}

TEST_F(SpoolTest, AStepOfTheWallClockDropsNothing) {
  Open();
  AddMany(1, 3);
  clock_.SetWall(clock_.WallNow() + absl::Hours(24 * 365 * 10));
  AddMany(4, 6);
  EXPECT_THAT(ReadWaiting(), SizeIs(6));
}

TEST_F(SpoolTest, AFullDiskCostsTheBatchesThatCannotBeWrittenAndNothingElse) {
  Open();
  AddMany(1, 3);
  disk_.free_bytes = 10;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(absl::IsResourceExhausted(Add(99).status()));
  EXPECT_FALSE(spool_->status().fault.empty());
  disk_.free_bytes = 1'000'000;
  AddMany(8, 9);
  EXPECT_TRUE(spool_->status().fault.empty());
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 1u), 1), Pair(Pair(100u, 2u), 2), Pair(Pair(100u, 3u), 3),
                                         Pair(Pair(100u, 8u), 8), Pair(Pair(100u, 9u), 9)));
  const auto gaps = spool_->UntoldGaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::DISK_FULL);
  EXPECT_EQ(gaps[0].range, (SequenceSpan{4, 7}));
  EXPECT_EQ(gaps[0].values, 4u * kTestSeries);
}

TEST_F(SpoolTest, SeriesThatTheFullDiskRefusedAreWrittenBeforeTheNextBatch) {
  disk_.free_bytes = 10;
  Open();
  EXPECT_FALSE(Add(1).ok());
  disk_.free_bytes = 1'000'000;
  AddMany(2, 2);
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 2u), 2)));
}

TEST_F(SpoolTest, ABatchThatCannotBeEncodedChangesNothing) {
  Open();
  AddMany(1, 1);
  wire::SampleBatch bad = TestBatch(1, 1);
  bad.groups[0].values[0].series = 77;
  EXPECT_TRUE(absl::IsInvalidArgument(spool_->Append({}, bad).status()));
  AddMany(2, 2);
  EXPECT_THAT(ReadWaiting(), ElementsAre(Pair(Pair(100u, 1u), 1), Pair(Pair(100u, 2u), 2)));
}

TEST_F(SpoolTest, OneFileIsOpenAtMostAndItIsSyncedEveryThirtySeconds) {
  Open();
  AddMany(1, 1);
  EXPECT_EQ(disk_.open_files, 1);
  EXPECT_GT(disk_.syncs, 0) << "the first of a start";
  const int before = disk_.syncs;
  AddMany(2, 2);
  EXPECT_EQ(disk_.open_files, 1);
  EXPECT_EQ(disk_.syncs, before);
  AddMany(3, 3);
  EXPECT_GT(disk_.syncs, before);
  ASSERT_TRUE(spool_->Close().ok());
  EXPECT_EQ(disk_.open_files, 0);
}

// A power cut costs the last 30 s at most, however rarely batches come.
TEST_F(SpoolTest, WhereBatchesAreRareEachIsSynced) {
  Open();
  AddMany(1, 1);
  for (int i = 2; i <= 4; ++i) {
    const int before = disk_.syncs;
    clock_.Advance(absl::Seconds(45));
    AddMany(i, i);
    EXPECT_GT(disk_.syncs, before) << i;
  }
}

TEST_F(SpoolTest, TheJournalOfALongEpochIsRewrittenShort) {
  Open();
  AddMany(1, 1);
  for (std::uint64_t i = 1; i < 20'000; ++i) spool_->MarkCommitted(100, i, i);
  EXPECT_LT(std::filesystem::file_size(Files(".journal")[0]), 70'000u);
  Open();
  EXPECT_EQ(spool_->status().batches_waiting, 0u);
}

}  // namespace
}  // namespace steward::agent
