#include "collector/delivery/alertmanager.h"

#include "gmock/gmock.h"
#include "tests/collector/delivery/channel_rig.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;
using Result = SendOutcome::Result;

class AlertmanagerTest : public ChannelRig {
 protected:
  boost::json::array Alerts(std::size_t n) {
    const auto requests = receiver_.WaitFor(n + 1);
    return requests.size() <= n ? boost::json::array() : boost::json::parse(requests[n].body).as_array();
  }
  static std::string Label(const boost::json::value& alert, const char* name) {
    return std::string(alert.as_object().at("labels").as_object().at(name).as_string());
  }
  static std::string Field(const boost::json::value& alert, const char* name) { return std::string(alert.as_object().at(name).as_string()); }
  // Lets the repeats of a minute happen until the receiver has that many requests.
  void PassAMinute(std::size_t requests) {
    clock_.Advance(kAlertRepeats);
    io_.restart();
    for (int i = 0; i < 2000 && receiver_.WaitFor(requests, absl::Milliseconds(5)).size() < requests; ++i) io_.poll();
    io_.poll();
  }
};

TEST_F(AlertmanagerTest, AnIssueIsAnAlertUntilItIsResolved) {
  Make("alertmanager");
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  ASSERT_EQ(receiver_.requests()[0].target, "/hook/api/v2/alerts");
  const boost::json::array opened = Alerts(0);
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(Label(opened[0], "alertname"), "disk-space-low");
  EXPECT_EQ(Label(opened[0], "severity"), "high");
  EXPECT_EQ(Label(opened[0], "instance"), "SRV-FILE");
  EXPECT_EQ(Field(opened[0], "startsAt"), "2026-03-02T09:00:00.000Z");
  EXPECT_EQ(Field(opened[0], "endsAt"), "2026-03-02T13:30:00.000Z");
  EXPECT_EQ(Field(opened[0], "generatorURL"), "https://steward.company.example/issues/1a2b3c4d5e6f7081");

  clock_.Advance(absl::Hours(3));
  EXPECT_EQ(Send(ANotification("resolved")).result, Result::kDelivered);
  const boost::json::array resolved = Alerts(1);
  ASSERT_EQ(resolved.size(), 1U);
  EXPECT_EQ(resolved[0].as_object().at("labels"), opened[0].as_object().at("labels"));
  EXPECT_EQ(Field(resolved[0], "endsAt"), "2026-03-02T12:15:00.000Z");
}

TEST_F(AlertmanagerTest, AnotherSeverityEndsTheOldAlert) {
  Make("alertmanager");
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  v1::Issue worse = AnIssue();
  worse.set_severity("critical");
  EXPECT_EQ(Send(ANotification("updated", worse)).result, Result::kDelivered);
  const boost::json::array alerts = Alerts(1);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(Label(alerts[0], "severity"), "critical");
  EXPECT_EQ(Label(alerts[1], "severity"), "high");
  EXPECT_EQ(Field(alerts[1], "endsAt"), "2026-03-02T09:30:00.000Z");
}

TEST_F(AlertmanagerTest, WhatIsOpenIsToldAgainEachMinuteUntilItIsOver) {
  Make("alertmanager").Resume({});
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  PassAMinute(2);
  ASSERT_EQ(Alerts(1).size(), 1U);
  EXPECT_EQ(Field(Alerts(1)[0], "endsAt"), "2026-03-02T13:31:00.000Z");
  EXPECT_EQ(Send(ANotification("resolved")).result, Result::kDelivered);
  clock_.Advance(10 * kAlertRepeats);
  io_.restart();
  io_.poll();
  EXPECT_EQ(receiver_.requests().size(), 3U);
}

TEST_F(AlertmanagerTest, AfterARestartItKnowsWhatWasOpen) {
  std::vector<Notification> open;
  for (int i = 0; i < 250; ++i) open.push_back(ANotification("opened", AnIssue("issue-" + std::to_string(i))));
  Make("alertmanager").Resume(open);
  io_.restart();
  for (int i = 0; i < 2000 && receiver_.WaitFor(3, absl::Milliseconds(5)).size() < 3; ++i) io_.poll();
  ASSERT_EQ(receiver_.requests().size(), 3U);
  EXPECT_EQ(Alerts(0).size() + Alerts(1).size() + Alerts(2).size(), 250U);
}

TEST_F(AlertmanagerTest, ATestIsAnAlertThatEndsSoon) {
  Make("alertmanager");
  EXPECT_EQ(Send(ANotification("test")).result, Result::kDelivered);
  EXPECT_EQ(Label(Alerts(0)[0], "alertname"), "StewardTest");
  EXPECT_EQ(Field(Alerts(0)[0], "endsAt"), "2026-03-02T09:31:00.000Z");
}

TEST_F(AlertmanagerTest, ARefusalIsToldAndABrokenConnectionTriedAgain) {
  Make("alertmanager");
  receiver_.Next({steward::testing::ReceiverAnswer::Kind::kReset, 0, "", {}});
  EXPECT_EQ(Send(ANotification()).result, Result::kRetry);
  const SendOutcome refused = Refused(400, R"("start time must be before end time")");
  EXPECT_EQ(refused.result, Result::kPermanent);
  EXPECT_THAT(refused.answer, HasSubstr("start time"));
}

}  // namespace
}  // namespace steward::collector
