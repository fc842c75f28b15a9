// Sends one notification over a channel to a receiver of the test's own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/delivery/channel_list.h"
#include "gtest/gtest.h"
#include "tests/collector/delivery/an_issue.h"
#include "tests/support/http_receiver.h"

namespace steward::collector {

class ChannelRig : public ::testing::Test {
 protected:
  // Of this type, to the receiver; `config` has the rest.
  Channel& Make(const std::string& type, ChannelConfig config = {}) {
    config.name = "a channel";
    config.type = type;
    if (config.url.empty()) config.url = receiver_.url();
    auto channels = MakeChannels({config}, tools_);
    EXPECT_TRUE(channels.ok()) << channels.status();
    channel_ = std::move(channels->front());
    return *channel_;
  }

  SendOutcome Send(const Notification& notification) {
    std::optional<SendOutcome> outcome;
    channel_->Send(notification, [&](const SendOutcome& result) { outcome = result; });
    EXPECT_FALSE(outcome.has_value()) << "called from within Send";
    io_.restart();
    while (!outcome && io_.run_one() > 0) {
    }
    return outcome.value_or(SendOutcome{});
  }

  // What the receiver got in the n-th request, from 0.
  boost::json::object Body(std::size_t n = 0) {
    const auto requests = receiver_.WaitFor(n + 1);
    return requests.size() <= n ? boost::json::object() : boost::json::parse(requests[n].body).as_object();
  }

  SendOutcome Refused(int status, const std::string& body) {
    steward::testing::ReceiverAnswer answer;
    answer.status = status;
    answer.body = body;
    receiver_.Next(answer);
    return Send(ANotification());
  }

  steward::testing::HttpReceiver receiver_;
  boost::asio::io_context io_;
  HttpClient http_{io_.get_executor()};
  ManualClock clock_{kNine + absl::Minutes(30)};
  ChannelTools tools_{io_.get_executor(), http_, clock_, {absl::UTCTimeZone(), "https://steward.company.example"}};
  std::unique_ptr<Channel> channel_;
};

}  // namespace steward::collector
