// Protects: each step of an issue's clocks is due once, at its share of the working time, and none of a clock that stands still.
#include "collector/issues/escalation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::TimeZone kZone = [] {
  absl::TimeZone zone;
  absl::LoadTimeZone("Europe/Tallinn", &zone);
  return zone;
}();

absl::Time At(int day, int hour, int minute, int month = 3) {
  return absl::FromCivil(absl::CivilMinute(2026, month, day, hour, minute), kZone);
}

class EscalationTest : public testing::Test {
 protected:
  void Open(Severity severity, absl::Time at) {
    issue_.set_state("open");
    issue_.set_severity(std::string(SeverityName(severity)));
    SetTime(at, *issue_.mutable_opened_time());
    StartClocks(severity, at, terms(), issue_);
    now_ = at;
  }
  Terms terms() const { return Terms(site_, "server"); }
  // What is due until then, looked at every minute: "step day hour:minute" of the site's clock.
  std::vector<std::string> Until(absl::Time end) {
    std::vector<std::string> taken;
    for (; now_ < end; now_ += absl::Minutes(1)) {
      for (const EscalationStep* step : DueEscalations(issue_, now_, terms())) {
        issue_.add_escalations(std::string(step->id));
        taken.push_back(StrCat(step->id, " ", ToStd(absl::FormatTime("%a %d %H:%M", now_, kZone))));
      }
    }
    return taken;
  }

  SiteTerms site_ = {.calendar = Calendar::OfficeHours(kZone)};
  v1::Issue issue_;
  absl::Time now_;
};

TEST_F(EscalationTest, EachStepOfAClockIsTakenOnce) {
  Open(Severity::kMedium, At(2, 8, 0));
  EXPECT_THAT(Until(At(12, 8, 0)),
              ElementsAre("respond-50 Mon 02 10:00", "respond-100 Mon 02 12:00", "resolve-75 Wed 04 10:15", "resolve-100 Wed 04 17:00",
                          "resolve-200 Mon 09 17:00"));
}

TEST_F(EscalationTest, OfACriticalOneTheOwnerHearsAWorkingDayLater) {
  Open(Severity::kCritical, At(2, 8, 0));
  EXPECT_THAT(Until(At(12, 8, 0)),
              ElementsAre("respond-50 Mon 02 08:15", "respond-100 Mon 02 08:30", "resolve-75 Mon 02 11:00", "resolve-100 Mon 02 12:00",
                          "resolve-200 Tue 03 12:00"));
}

// Clocks go forward in the night to Sunday, 29 March.
TEST_F(EscalationTest, CountsTheSitesHoursOverAChangeOfClocks) {
  Open(Severity::kHigh, At(27, 16, 45));
  EXPECT_THAT(Until(At(30, 10, 0)), ElementsAre("respond-50 Mon 30 08:15", "respond-100 Mon 30 08:45"));
}

TEST_F(EscalationTest, WhoHasTakenItIsNotAskedToTakeIt) {
  Open(Severity::kMedium, At(2, 8, 0));
  issue_.set_state("acknowledged");
  EXPECT_THAT(Until(At(4, 17, 0)), ElementsAre("resolve-75 Wed 04 10:15"));
}

TEST_F(EscalationTest, AClockThatStandsStillEscalatesNothingAndGoesOnLater) {
  Open(Severity::kMedium, At(2, 8, 0));
  PauseClock(At(2, 9, 0), issue_);
  EXPECT_THAT(Until(At(3, 9, 0)), IsEmpty());
  ResumeAll(At(3, 9, 0), terms(), issue_);
  EXPECT_THAT(Until(At(3, 13, 0)), ElementsAre("respond-50 Tue 03 10:00", "respond-100 Tue 03 12:00"));
}

TEST_F(EscalationTest, TheManagersDecisionHasStepsOfItsOwnAndANewOneHasThemAgain) {
  Open(Severity::kHigh, At(2, 8, 0));
  issue_.set_state("waiting");
  issue_.set_wait_reason("decision");
  PauseClock(At(2, 8, 0), issue_);
  SetTime(At(2, 8, 0), *issue_.mutable_decision()->mutable_asked_time());
  SetTime(DecideBy(Severity::kHigh, At(2, 8, 0), terms()), *issue_.mutable_decision()->mutable_due_time());
  const absl::Time due = GetTime(issue_.decision().due_time());
  EXPECT_THAT(Until(due + absl::Minutes(1)), ElementsAre(testing::StartsWith("decide-100 ")));
  EXPECT_THAT(Until(At(30, 8, 0)), ElementsAre(testing::StartsWith("decide-200 ")));
  ForgetEscalations(EscalationClock::kDecide, issue_);
  EXPECT_THAT(Until(now_ + absl::Minutes(1)), ElementsAre(testing::StartsWith("decide-100"), testing::StartsWith("decide-200")));
}

TEST_F(EscalationTest, WithoutClocksNothingIsDue) {
  Open(Severity::kHigh, At(2, 8, 0));
  StopClocks(issue_);
  EXPECT_THAT(Until(At(6, 8, 0)), IsEmpty());
  issue_.set_state("accepted");
  StartClocks(Severity::kHigh, At(2, 8, 0), terms(), issue_);
  EXPECT_THAT(Until(At(6, 8, 0)), IsEmpty());
}

}  // namespace
}  // namespace steward::collector
