#include "collector/delivery/stages/channel_stages.h"

#include "collector/delivery/route.h"
#include "collector/delivery/stages/due_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/collector/delivery/an_issue.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

DeliveryConfig Hours() {
  DeliveryConfig config;
  config.time_zone = "UTC";
  return config;
}

absl::Time At(int day, int hour, int minute = 0) { return absl::FromCivil(absl::CivilMinute(2026, 3, day, hour, minute), absl::UTCTimeZone()); }

class StagesTest : public ::testing::Test {
 protected:
  void Make(const std::string& digest = "", int messages_per_hour = 0, DayHours quiet = {}) {
    ChannelConfig channel;
    channel.messages_per_hour = messages_per_hour;
    channel.quiet_hours = quiet;
    stages_ = std::make_unique<ChannelStages>(channel, DeliveryHours(Hours()), [digest](const v1::Issue&) { return digest; });
  }
  void Add(const std::string& key, const std::string& event, v1::Issue issue) {
    OutboxRecord record;
    record.idempotency_key = key;
    record.event = event;
    record.issue_id = issue.id();
    record.body = issue.SerializeAsString();
    record.created_time = now_;
    stages_->Add(std::move(record), now_);
  }
  void Add(const std::string& key, const std::string& severity = "high") {
    v1::Issue issue = AnIssue(key, "host-" + key, severity);
    issue.set_type("type-of-" + key);
    issue.set_class_("desktop");
    Add(key, "opened", issue);
  }
  // "a", or "digest: a b".
  std::vector<std::string> Take() {
    std::vector<std::string> texts;
    for (const ChannelStages::Leaving& leaving : stages_->Take(now_)) {
      std::string text = leaving.reason.empty() ? "" : leaving.reason + ":";
      for (const OutboxRecord& record : leaving.records) text += (text.empty() ? "" : " ") + record.idempotency_key;
      texts.push_back(text);
    }
    return texts;
  }
  std::vector<std::string> TakeAtNext() {
    now_ = stages_->next();
    return Take();
  }

  absl::Time now_ = kNine;  // Monday, 2 March
  std::unique_ptr<ChannelStages> stages_;
};

TEST_F(StagesTest, WithoutSettingsEachMessageLeavesAtOnce) {
  Make();
  Add("a", "low");
  Add("b", "critical");
  EXPECT_THAT(Take(), ElementsAre("a", "b"));
  EXPECT_EQ(stages_->next(), absl::InfiniteFuture());
}

TEST_F(StagesTest, BySeverityEachHasItsTime) {
  Make("by-severity");
  now_ = At(4, 20);  // Wednesday evening
  Add("low", "low");
  Add("medium", "medium");
  Add("high", "high");
  Add("critical", "critical");
  v1::Issue server = AnIssue("server", "SRV", "high");
  Add("server", "opened", server);
  v1::Issue service = AnIssue("service", "SRV", "high");
  service.set_type("service-failed");  // neither storage nor backup nor security
  Add("service", "opened", service);
  EXPECT_THAT(Take(), ElementsAre("critical", "server"));
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: medium"));
  EXPECT_EQ(now_, At(5, 7));
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: high service"));
  EXPECT_EQ(now_, At(5, 8));
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: low"));
  EXPECT_EQ(now_, At(9, 7));
}

TEST_F(StagesTest, InWorkingHoursWhatIsHighLeavesAtOnce) {
  Make("by-severity");
  Add("high", "high");
  EXPECT_THAT(Take(), ElementsAre("high"));
}

TEST_F(StagesTest, WhatIsHighWakesNobodyAtNight) {
  Make();
  EXPECT_FALSE(stages_->IsQuietNow(AnIssue("a", "SRV", "high"), At(4, 10)));
  EXPECT_TRUE(stages_->IsQuietNow(AnIssue("a", "SRV", "high"), At(4, 20)));
  EXPECT_FALSE(stages_->IsQuietNow(AnIssue("a", "SRV", "critical"), At(4, 20)));
}

TEST_F(StagesTest, WhatIsToldAgainOfManyMachinesForOneReasonIsOneMessage) {
  Make();
  for (const char* host : {"a", "b", "c", "d"}) {
    v1::Issue issue = AnIssue(host, host, "critical");
    (*issue.mutable_evidence()->mutable_details())["escalated"] = "nobody has taken it yet";
    Add(host, "updated", issue);
  }
  EXPECT_THAT(Take(), ElementsAre("a", "b"));
  EXPECT_THAT(TakeAtNext(), ElementsAre("group: c d"));
}

TEST_F(StagesTest, TheMorningCollectsTheWholeWeekend) {
  Make("morning");
  now_ = At(6, 18);
  Add("friday");
  now_ = At(8, 12);
  Add("sunday");
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: friday sunday"));
  EXPECT_EQ(now_, At(9, 7));
}

TEST_F(StagesTest, ADigestThatWasMissedDuringAStopLeavesAsOne) {
  Make("morning");
  OutboxRecord record;
  for (const char* key : {"a", "b"}) {
    record.idempotency_key = record.issue_id = key;
    record.event = "opened";
    record.body = AnIssue(key, key).SerializeAsString();
    record.created_time = At(2, 9);
    stages_->Add(record, At(3, 15));
  }
  now_ = At(3, 15);
  EXPECT_THAT(Take(), ElementsAre("digest: a b"));
}

TEST_F(StagesTest, QuietHoursHoldAllButWhatIsCritical) {
  Make("", 0, {absl::Hours(22), absl::Hours(6)});
  now_ = At(2, 23);
  Add("high", "high");
  Add("critical", "critical");
  EXPECT_THAT(Take(), ElementsAre("critical"));
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: high"));
  EXPECT_EQ(now_, At(3, 6));
}

TEST_F(StagesTest, WhatIsHeldIsNotOvertaken) {
  Make("morning");
  const v1::Issue issue = AnIssue();
  Add("opened", "opened", issue);
  Add("resolved", "resolved", issue);
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_THAT(TakeAtNext(), ElementsAre("digest: opened resolved"));
  Add("again", "opened", issue);
  v1::Issue worse = issue;
  worse.set_severity("critical");
  Add("worse", "updated", worse);
  EXPECT_THAT(Take(), ElementsAre("again", "worse")) << "it takes along what waits before it";
}

TEST_F(StagesTest, FromTheThirdMachineOnEqualIssuesAreOneMessage) {
  Make();
  std::vector<std::string> taken;
  for (const char* host : {"a", "b", "c", "d", "e"}) {
    v1::Issue issue = AnIssue(host, host, "critical");
    Add(host, "opened", issue);
    for (const std::string& text : Take()) taken.push_back(text);
    now_ += absl::Seconds(10);
  }
  EXPECT_THAT(taken, ElementsAre("a", "b"));
  EXPECT_THAT(TakeAtNext(), ElementsAre("group: c d e"));
  EXPECT_EQ(now_, kNine + absl::Seconds(20) + Grouping::kCollect);
  v1::Issue elsewhere = AnIssue("f", "f", "critical");
  elsewhere.set_site("Attic");
  Add("f", "opened", elsewhere);
  EXPECT_THAT(Take(), ElementsAre("f"));
}

TEST_F(StagesTest, EqualIssuesThatAreFarApartAreNoGroup) {
  Make();
  for (const char* host : {"a", "b", "c"}) {
    Add(host, "opened", AnIssue(host, host));
    EXPECT_THAT(Take(), ElementsAre(host));
    now_ += absl::Minutes(20);
  }
}

TEST_F(StagesTest, OneMachineManyTimesIsNoGroup) {
  Make();
  for (const char* key : {"1", "2", "3", "4"}) {
    Add(key, "opened", AnIssue(key, "SRV-FILE"));
    EXPECT_THAT(Take(), ElementsAre(key));
  }
}

TEST_F(StagesTest, WhatIsBeyondTheRateBecomesOneMessage) {
  Make("", 6);
  for (int i = 0; i < 20; ++i) Add(std::to_string(i));
  EXPECT_THAT(Take(), ElementsAre("0", "1", "2", "3", "4", "5"));
  Add("20");
  EXPECT_THAT(Take(), IsEmpty());
  EXPECT_THAT(TakeAtNext(), ElementsAre("rate: 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20"));
  EXPECT_NEAR(absl::ToDoubleMinutes(now_ - kNine), 10, 0.01);
  now_ += absl::Hours(1);
  Add("21");
  EXPECT_THAT(Take(), ElementsAre("21"));
}

TEST(DeliveryHoursTest, AClockChangeMovesNoMorning) {
  DeliveryConfig config;
  config.time_zone = "Europe/Tallinn";  // summer time begins on Sunday, 29 March 2026
  const DeliveryHours hours(config);
  const auto local = [&](int day, int hour) { return absl::FromCivil(absl::CivilHour(2026, 3, day, hour), hours.zone()); };
  EXPECT_EQ(hours.MorningAfter(local(27, 12)), local(30, 7));
  EXPECT_EQ(local(30, 7) - local(27, 7), absl::Hours(71));
  EXPECT_EQ(hours.WorkFrom(local(28, 10)), local(30, 8));
  EXPECT_EQ(hours.WorkFrom(local(27, 10)), local(27, 10));
  EXPECT_EQ(hours.WorkFrom(local(27, 17)), local(30, 8));
  EXPECT_EQ(hours.WeekAfter(local(30, 7)), absl::FromCivil(absl::CivilHour(2026, 4, 6, 7), hours.zone()));
  EXPECT_EQ(hours.EndOf({absl::Hours(22), absl::Hours(6)}, local(28, 23)), local(29, 6));
  EXPECT_EQ(hours.EndOf({absl::Hours(22), absl::Hours(6)}, local(29, 5)), local(29, 6));
  EXPECT_EQ(hours.EndOf({absl::Hours(22), absl::Hours(6)}, local(29, 7)), local(29, 7));
}

TEST(DigestForTest, IsThatOfTheRouteThatSentTheIssue) {
  RouteConfig urgent, rest;
  urgent.channel = rest.channel = "mail";
  urgent.severity_min = "high";
  rest.digest = "morning";
  EXPECT_EQ(DigestFor({urgent, rest}, "mail", AnIssue("a", "A", "high")), "");
  EXPECT_EQ(DigestFor({urgent, rest}, "mail", AnIssue("a", "A", "low")), "morning");
  EXPECT_EQ(DigestFor({urgent}, "mail", AnIssue("a", "A", "low")), "") << "it has fallen since";
  EXPECT_EQ(DigestFor({rest}, "chat", AnIssue()), "");
}

}  // namespace
}  // namespace steward::collector
