#include "collector/delivery/hook_channel.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "tests/collector/delivery/channel_rig.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Result = SendOutcome::Result;

std::string Text(const boost::json::value& value) { return std::string(value.as_string()); }

v1::Issue Hostile() {
  v1::Issue issue = AnIssue();
  issue.set_summary("<!channel> @here [here](https://thief.example) *x*");
  return issue;
}

class HookTest : public ChannelRig {};

TEST_F(HookTest, SlackGetsTextAndColour) {
  Make("slack");
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  const boost::json::object body = Body();
  EXPECT_THAT(Text(body.at("text")), HasSubstr("HIGH, SRV-FILE (Head office)"));
  const boost::json::object& attachment = body.at("attachments").as_array().at(0).as_object();
  EXPECT_EQ(Text(attachment.at("color")), "#e65100");
  EXPECT_THAT(Text(attachment.at("text")), HasSubstr("*If nothing is done:* Programs"));
  EXPECT_THAT(Text(attachment.at("text")), HasSubstr("<https://steward.company.example/issues/1a2b3c4d5e6f7081|Open the issue>"));
  EXPECT_EQ(receiver_.requests()[0].headers.at("idempotency-key"), ANotification().idempotency_key);

  EXPECT_EQ(Send(ANotification("opened", Hostile())).result, Result::kDelivered);
  EXPECT_THAT(Text(Body(1).at("text")), Not(HasSubstr("<!channel>")));
}

TEST_F(HookTest, SlackSaysWhyItRefuses) {
  Make("slack");
  const SendOutcome archived = Refused(410, "channel_is_archived");
  EXPECT_EQ(archived.result, Result::kPermanent);
  EXPECT_EQ(archived.answer, "HTTP 410: channel_is_archived");
  EXPECT_THAT(archived.remedy, HasSubstr("archived"));
  EXPECT_THAT(Refused(404, "no_service").remedy, HasSubstr("taken back"));
  EXPECT_EQ(Refused(429, "slow down").result, Result::kRetry);
  EXPECT_THAT(Refused(500, "").remedy, HasSubstr("fault"));
}

TEST_F(HookTest, MattermostGetsFieldsWithoutMarkup) {
  Make("mattermost");
  EXPECT_EQ(Send(ANotification("opened", Hostile())).result, Result::kDelivered);
  const boost::json::object body = Body();
  EXPECT_THAT(Text(body.at("text")), HasSubstr("\\[here\\]"));
  EXPECT_THAT(Text(body.at("text")), Not(HasSubstr("@here")));
  const boost::json::object& attachment = body.at("attachments").as_array().at(0).as_object();
  EXPECT_EQ(Text(attachment.at("fields").as_array().at(0).as_object().at("title")), "Since");
  EXPECT_EQ(Text(attachment.at("title_link")), "https://steward.company.example/issues/1a2b3c4d5e6f7081");
  EXPECT_THAT(Refused(400, R"({"id":"web.incoming_webhook.disabled.app_error"})").remedy, HasSubstr("switched off"));
}

TEST_F(HookTest, TeamsGetsAnAdaptiveCard) {
  Make("teams");
  receiver_.Next({steward::testing::ReceiverAnswer::Kind::kAnswer, 202, "", {}});
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  const boost::json::object body = Body();
  EXPECT_EQ(Text(body.at("type")), "message");
  const boost::json::object& attachment = body.at("attachments").as_array().at(0).as_object();
  EXPECT_EQ(Text(attachment.at("contentType")), "application/vnd.microsoft.card.adaptive");
  EXPECT_TRUE(attachment.at("contentUrl").is_null());
  const boost::json::object& card = attachment.at("content").as_object();
  EXPECT_EQ(Text(card.at("type")), "AdaptiveCard");
  const boost::json::array& blocks = card.at("body").as_array();
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(Text(blocks[0].as_object().at("style")), "attention");
  EXPECT_EQ(blocks[1].as_object().at("facts").as_array().size(), 6U);
  EXPECT_EQ(Text(card.at("actions").as_array().at(0).as_object().at("url")), "https://steward.company.example/issues/1a2b3c4d5e6f7081");
  EXPECT_THAT(Refused(401, "").remedy, HasSubstr("question mark"));
  EXPECT_THAT(Refused(404, "").remedy, HasSubstr("deleted or switched off"));
}

TEST_F(HookTest, ACardStaysSmallerThanTeamsTakes) {
  Make("teams");
  Notification many;
  many.event = "bundle";
  many.reason = "rate";
  for (int i = 0; i < 500; ++i) {
    v1::Issue issue = AnIssue("i" + std::to_string(i));
    issue.set_summary(std::string(1500, 'x'));
    many.parts.push_back({"opened", issue});
  }
  EXPECT_EQ(Send(many).result, Result::kDelivered);
  EXPECT_LT(receiver_.requests()[0].body.size(), 28U * 1024);
}

TEST_F(HookTest, NtfyGetsPriorityTagsAndClick) {
  ChannelConfig config;
  config.topic = "steward-1";
  setenv("HOOK_TEST_TOKEN", "tk_abc", 1);
  config.secret_env = "HOOK_TEST_TOKEN";
  Make("ntfy", config);
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  const boost::json::object body = Body();
  EXPECT_EQ(Text(body.at("topic")), "steward-1");
  EXPECT_EQ(body.at("priority").as_int64(), 4);
  EXPECT_EQ(Text(body.at("tags").as_array().at(0)), "warning");
  EXPECT_EQ(Text(body.at("click")), "https://steward.company.example/issues/1a2b3c4d5e6f7081");
  EXPECT_EQ(receiver_.requests()[0].headers.at("authorization"), "Bearer tk_abc");
  EXPECT_EQ(Send(ANotification("resolved")).result, Result::kDelivered);
  EXPECT_EQ(Body(1).at("priority").as_int64(), 2);
  Notification quiet = ANotification();
  quiet.quiet = true;
  EXPECT_EQ(Send(quiet).result, Result::kDelivered);
  EXPECT_EQ(Body(2).at("priority").as_int64(), 2) << "the phone makes no sound";
  EXPECT_THAT(Refused(403, R"({"code":40301})").remedy, HasSubstr("may not write to this topic"));
}

TEST_F(HookTest, EachTellsATestAsOne) {
  for (const char* type : {"slack", "mattermost", "teams", "ntfy"}) {
    Make(type);
    EXPECT_EQ(Send(ANotification("test")).result, Result::kDelivered) << type;
    EXPECT_THAT(receiver_.requests().back().body, HasSubstr("Nothing is wrong, nothing has to be done.")) << type;
  }
}

TEST_F(HookTest, TheAddressMayBeTheSecret) {
  setenv("HOOK_TEST_URL", receiver_.url("/services/T0/B0/x").c_str(), 1);
  Make("slack", {"", "", "https://not.used/", "", "HOOK_TEST_URL"});
  EXPECT_EQ(Send(ANotification()).result, Result::kDelivered);
  EXPECT_EQ(receiver_.requests()[0].target, "/services/T0/B0/x");
  setenv("HOOK_TEST_URL", "xoxb-a-token", 1);
  const std::vector<ChannelConfig> wrong = {{"chat", "slack", "", "", "HOOK_TEST_URL"}};
  const auto channels = MakeChannels(wrong, tools_);
  EXPECT_THAT(std::string(channels.status().message()), HasSubstr("the secret is not a web address"));
  EXPECT_THAT(std::string(channels.status().message()), Not(HasSubstr("xoxb")));
}

}  // namespace
}  // namespace steward::collector
