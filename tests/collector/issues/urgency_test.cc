// Protects: which issues may be told at any hour, and that only what nobody has taken is told again, at its time.
#include "collector/issues/urgency.h"

#include <gtest/gtest.h>

#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"

namespace steward::collector {
namespace {

v1::Issue AnIssue(const char* severity, const char* type = "raid-degraded", const char* machine_class = "server") {
  v1::Issue issue;
  issue.set_state("open");
  issue.set_severity(severity);
  issue.set_type(type);
  issue.set_class_(machine_class);
  return issue;
}

// Of a Monday.
absl::Time At(int hour, int minute = 0, int day = 2) {
  return absl::FromCivil(absl::CivilMinute(2026, 3, day, hour, minute), absl::UTCTimeZone());
}

absl::Time Remind(const v1::Issue& issue, absl::Time told) {
  const SiteTerms site;
  return RemindAt(issue, told, Terms(site, issue.class_()));
}

TEST(UrgencyTest, AtNightThereIsWhatIsCriticalAndWhatThreatensAServersData) {
  EXPECT_TRUE(IsToldAtAnyHour(AnIssue("critical", "printer-attention", "desktop")));
  EXPECT_TRUE(IsToldAtAnyHour(AnIssue("high", "raid-degraded")));
  EXPECT_TRUE(IsToldAtAnyHour(AnIssue("high", "backup-stale")));
  EXPECT_TRUE(IsToldAtAnyHour(AnIssue("high", "new-local-admin")));
  EXPECT_FALSE(IsToldAtAnyHour(AnIssue("high", "service-failed")));
  EXPECT_FALSE(IsToldAtAnyHour(AnIssue("high", "disk-smart-failing", "laptop")));
  EXPECT_FALSE(IsToldAtAnyHour(AnIssue("medium", "raid-degraded")));
}

TEST(UrgencyTest, WhatIsCriticalIsToldAgainEveryHalfHourDayAndNight) {
  EXPECT_EQ(Remind(AnIssue("critical"), At(23, 50)), At(0, 20, 3));
  EXPECT_EQ(Remind(AnIssue("critical", "manual", ""), At(9)), At(9, 30));
}

TEST(UrgencyTest, WhatWasToldAtNightIsToldOnceMoreWhenWorkBegins) {
  EXPECT_EQ(Remind(AnIssue("high"), At(21)), At(8, 0, 3));
  EXPECT_EQ(Remind(AnIssue("high"), At(21, 0, 6)), At(8, 0, 9)) << "over the weekend";
  EXPECT_EQ(Remind(AnIssue("high"), At(9)), absl::InfiniteFuture()) << "by day its clocks speak";
  EXPECT_EQ(Remind(AnIssue("high", "raid-degraded", "desktop"), At(21)), absl::InfiniteFuture()) << "it was held until work begins";
  EXPECT_EQ(Remind(AnIssue("medium"), At(21)), absl::InfiniteFuture());
}

TEST(UrgencyTest, OnlyWhatNobodyHasTakenAndWhoseClockRunsIsToldAgain) {
  for (const char* state : {"acknowledged", "waiting", "snoozed", "accepted", "claimed", "resolved", "closed"}) {
    v1::Issue issue = AnIssue("critical");
    issue.set_state(state);
    EXPECT_EQ(Remind(issue, At(9)), absl::InfiniteFuture()) << state;
  }
  v1::Issue issue = AnIssue("critical");
  PauseClock(At(9), issue);  // a maintenance window, or a parent that explains it
  EXPECT_EQ(Remind(issue, At(9)), absl::InfiniteFuture());
}

}  // namespace
}  // namespace steward::collector
