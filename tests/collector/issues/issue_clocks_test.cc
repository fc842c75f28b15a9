// Protects: a clock that stood still goes on with what was left of it, whatever happened meanwhile.
#include "collector/issues/issue_clocks.h"

#include <gtest/gtest.h>

#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

// Monday 2026-03-02 at 8 is the first working hour; office hours are 8 to 17, in UTC.
absl::Time At(int day, int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(2026, 3, day, hour, minute), absl::UTCTimeZone());
}

class IssueClocksTest : public testing::Test {
 protected:
  IssueClocksTest() {
    issue_.set_state("open");
    issue_.set_severity("medium");
    SetTime(At(2, 8), *issue_.mutable_opened_time());
    StartClocks(Severity::kMedium, At(2, 8), terms(), issue_);
  }
  Terms terms() const { return Terms(site_, "server"); }
  absl::Time respond() const { return GetTime(issue_.respond_deadline()); }
  absl::Time resolve() const { return GetTime(issue_.resolve_deadline()); }

  SiteTerms site_ = {.calendar = Calendar::OfficeHours(absl::UTCTimeZone())};
  v1::Issue issue_;
};

TEST_F(IssueClocksTest, WhatNobodyHasAcknowledgedHasItsTimeToRespondAfterAPauseAsBefore) {
  const absl::Duration left = respond() - At(2, 10);
  ASSERT_GT(left, absl::ZeroDuration());
  PauseClock(At(2, 10), issue_);
  LeaveState(At(4, 10), terms(), issue_);
  EXPECT_EQ(respond(), At(4, 10) + left);
}

TEST_F(IssueClocksTest, AWorseSeverityDuringAPauseGivesNoMoreTimeThanOneAfterIt) {
  v1::Issue after = issue_;
  PauseClock(At(2, 10), issue_);
  AdjustClocks(true, Severity::kHigh, At(3, 10), terms(), issue_);
  issue_.set_severity("high");
  ResumeAll(At(4, 10), terms(), issue_);
  PauseClock(At(2, 10), after);
  ResumeAll(At(4, 10), terms(), after);
  after.set_severity("high");
  AdjustClocks(true, Severity::kHigh, At(4, 10), terms(), after);
  EXPECT_EQ(resolve(), GetTime(after.resolve_deadline()));
}

TEST_F(IssueClocksTest, WaitingForPartsStopsTheClockForTenWorkingDays) {
  issue_.set_state("waiting");
  issue_.set_wait_reason("parts");
  SetTime(At(2, 8), *issue_.mutable_acknowledged_time());
  const absl::Time before = resolve();
  PauseClock(At(2, 8), issue_);
  EXPECT_FALSE(EndLongPause(At(13, 16), terms(), issue_));
  EXPECT_TRUE(EndLongPause(At(16, 8), terms(), issue_));
  EXPECT_FALSE(issue_.has_paused_since());
  EXPECT_EQ(issue_.state(), "waiting");
  EXPECT_EQ(resolve(), before + absl::Hours(14 * 24));  // two weeks on, of which ten are working days
  EXPECT_FALSE(EndLongPause(At(17, 8), terms(), issue_)) << "it runs";
}

TEST_F(IssueClocksTest, WaitingForADecisionHasNoSuchEnd) {
  issue_.set_state("waiting");
  issue_.set_wait_reason("decision");
  PauseClock(At(2, 8), issue_);
  EXPECT_FALSE(EndLongPause(At(30, 8), terms(), issue_));
}

}  // namespace
}  // namespace steward::collector
