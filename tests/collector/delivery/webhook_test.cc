#include "collector/delivery/webhook.h"

#include <fstream>
#include <optional>

#include "boost/asio/io_context.hpp"
#include "collector/delivery/channel_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/http_receiver.h"

namespace steward::collector {
namespace {

using ::steward::testing::HttpReceiver;
using ::steward::testing::ReceiverAnswer;
using ::testing::HasSubstr;

class WebhookTest : public ::testing::Test {
 protected:
  SendOutcome Send(const std::string& url, const std::string& event = "opened") {
    ChannelConfig config{"partner", "webhook", url, secret_file_, ""};
    auto channel = MakeWebhook(config, http_);
    EXPECT_TRUE(channel.ok()) << channel.status();
    Notification notification;
    notification.event = event;
    notification.idempotency_key = "0123456789abcdef";
    notification.issue.set_id("i-1");
    notification.issue.set_machine_id("m-1");
    notification.time = absl::UnixEpoch();
    std::optional<SendOutcome> outcome;
    (*channel)->Send(notification, [&](const SendOutcome& result) { outcome = result; });
    EXPECT_FALSE(outcome.has_value()) << "called from within Send";
    io_.restart();
    while (!outcome && io_.run_one() > 0) {
    }
    return outcome.value_or(SendOutcome{});
  }

  boost::asio::io_context io_;
  HttpClient http_{io_.get_executor()};
  HttpReceiver receiver_;
  std::string secret_file_;
};

TEST_F(WebhookTest, PostsTheIssueWithKeyAndSignature) {
  secret_file_ = ::testing::TempDir() + "webhook_test.key";
  std::ofstream(secret_file_) << "a shared key\n";
  const SendOutcome outcome = Send(receiver_.url("/hook?for=partner"));
  EXPECT_EQ(outcome.result, SendOutcome::Result::kDelivered) << outcome.answer;
  const auto requests = receiver_.WaitFor(1);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/hook?for=partner");
  EXPECT_EQ(requests[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(requests[0].headers.at("idempotency-key"), "0123456789abcdef");
  EXPECT_EQ(requests[0].headers.at("x-steward-signature"), WebhookSignature("a shared key", requests[0].body));
  EXPECT_THAT(requests[0].body, HasSubstr(R"({"event":"opened","issue":{)"));
  EXPECT_THAT(requests[0].body, HasSubstr(R"("machineId":"m-1")"));
}

TEST_F(WebhookTest, SignsAsOthersDo) {
  // RFC 4231, test case 2.
  EXPECT_EQ(WebhookSignature("Jefe", "what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_F(WebhookTest, ATestMessageSaysThatItIsOne) {
  EXPECT_EQ(Send(receiver_.url(), "test").result, SendOutcome::Result::kDelivered);
  EXPECT_THAT(receiver_.WaitFor(1)[0].body, HasSubstr(R"("event":"test")"));
}

TEST_F(WebhookTest, EachAnswerMeansDeliveredAgainOrNever) {
  const struct {
    int status;
    SendOutcome::Result result;
  } kCases[] = {{200, SendOutcome::Result::kDelivered}, {202, SendOutcome::Result::kDelivered},
                {204, SendOutcome::Result::kDelivered}, {302, SendOutcome::Result::kRetry},
                {400, SendOutcome::Result::kPermanent}, {401, SendOutcome::Result::kPermanent},
                {404, SendOutcome::Result::kPermanent}, {408, SendOutcome::Result::kPermanent},
                {429, SendOutcome::Result::kRetry},     {500, SendOutcome::Result::kRetry},
                {503, SendOutcome::Result::kRetry}};
  for (const auto& test : kCases) {
    ReceiverAnswer answer;
    answer.status = test.status;
    if (test.status != 204) answer.body = "as you wish";
    receiver_.Next(answer);
    const SendOutcome outcome = Send(receiver_.url());
    EXPECT_EQ(outcome.result, test.result) << test.status;
    EXPECT_THAT(outcome.answer, HasSubstr(std::to_string(test.status)));
    EXPECT_EQ(outcome.remedy.empty(), outcome.result == SendOutcome::Result::kDelivered) << test.status;
  }
}

TEST_F(WebhookTest, DoesNotFollowARedirect) {
  ReceiverAnswer answer;
  answer.status = 307;
  answer.headers["Location"] = receiver_.url("/elsewhere");
  receiver_.Next(answer);
  EXPECT_THAT(Send(receiver_.url()).remedy, HasSubstr("moved"));
  EXPECT_EQ(receiver_.requests().size(), 1U);
}

TEST_F(WebhookTest, KeepsTheReceiversWishForLater) {
  ReceiverAnswer answer;
  answer.status = 429;
  answer.headers["Retry-After"] = "120";
  receiver_.Next(answer);
  EXPECT_EQ(Send(receiver_.url()).retry_after, absl::Seconds(120));
}

TEST_F(WebhookTest, ABrokenConnectionIsTriedAgain) {
  receiver_.Next({ReceiverAnswer::Kind::kReset, 0, "", {}});
  const SendOutcome outcome = Send(receiver_.url());
  EXPECT_EQ(outcome.result, SendOutcome::Result::kRetry);
  EXPECT_THAT(outcome.answer, HasSubstr("no answer"));
}

TEST_F(WebhookTest, ARefusedConnectionSaysWhatToCheck) {
  boost::asio::ip::tcp::acceptor closed(io_, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string url = "http://127.0.0.1:" + std::to_string(closed.local_endpoint().port());
  closed.close();
  const SendOutcome outcome = Send(url);
  EXPECT_EQ(outcome.result, SendOutcome::Result::kRetry);
  EXPECT_THAT(outcome.remedy, HasSubstr("port"));
}

TEST_F(WebhookTest, APortWithoutTlsSaysWhatToCheck) {
  std::string url = receiver_.url();
  url.replace(0, 4, "https");
  const SendOutcome outcome = Send(url);
  EXPECT_EQ(outcome.result, SendOutcome::Result::kRetry);
  EXPECT_THAT(outcome.remedy, HasSubstr("TLS"));
}

TEST_F(WebhookTest, AnAddressThatIsNoneIsGivenUp) {
  EXPECT_EQ(Send("ftp://127.0.0.1/").result, SendOutcome::Result::kPermanent);
}

TEST_F(WebhookTest, AHangingReceiverIsGivenUpInTime) {
  receiver_.Next({ReceiverAnswer::Kind::kHang, 0, "", {}});
  HttpCall request;
  request.url = receiver_.url();
  request.timeout = absl::Milliseconds(200);
  std::optional<HttpAnswer> response;
  http_.Start(request, [&](const HttpAnswer& result) { response = result; });
  while (!response && io_.run_one() > 0) {
  }
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->failure, HttpFailure::kTimeout);
}

TEST_F(WebhookTest, AClientThatEndsDropsWhatIsUnderWay) {
  receiver_.Always({ReceiverAnswer::Kind::kHang, 0, "", {}});
  bool called = false;
  {
    HttpClient http(io_.get_executor());
    HttpCall request;
    request.url = receiver_.url();
    for (int i = 0; i < 3; ++i) http.Start(request, [&](const HttpAnswer&) { called = true; });
    for (int i = 0; i < 1000 && receiver_.WaitFor(3, absl::Milliseconds(10)).size() < 3; ++i) io_.poll();
    EXPECT_EQ(receiver_.requests().size(), 3U);
  }
  io_.restart();
  io_.run();
  EXPECT_FALSE(called);
}

TEST(ChannelListTest, AnUnknownTypeAndAMissingSecretAreErrorsThatSayWhatToDo) {
  boost::asio::io_context io;
  HttpClient http(io.get_executor());
  const auto clock = NewSystemClock();
  const ChannelTools tools{io.get_executor(), http, *clock, {}};
  const std::vector<ChannelConfig> unknown = {{"boss", "pigeon", "", "", ""}};
  EXPECT_THAT(std::string(MakeChannels(unknown, tools).status().message()), HasSubstr("it knows webhook, email"));
  const std::vector<ChannelConfig> no_secret = {{"boss", "webhook", "http://127.0.0.1/", "/nowhere/hook.key", ""}};
  EXPECT_THAT(std::string(MakeChannels(no_secret, tools).status().message()), HasSubstr("/nowhere/hook.key"));
}

}  // namespace
}  // namespace steward::collector
