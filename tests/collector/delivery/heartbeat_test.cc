#include "collector/delivery/heartbeat.h"

#include <chrono>

#include "base/manual_clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "gtest/gtest.h"
#include "tests/support/http_receiver.h"

namespace steward::collector {
namespace {

using ::steward::testing::HttpReceiver;
using ::steward::testing::ReceiverAnswer;

class HeartbeatTest : public ::testing::Test {
 protected:
  // Advances one interval and lets what is due happen, until `requests` have come in all.
  void Beat(std::size_t requests) {
    io_.poll();
    clock_.Advance(absl::Seconds(60));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      io_.poll();
      if (watcher_.WaitFor(requests, absl::Milliseconds(5)).size() >= requests && Counted() >= requests) break;
    }
    EXPECT_EQ(watcher_.requests().size(), requests);
  }
  std::size_t Counted() { return static_cast<std::size_t>(Value("steward_heartbeat_sent_total") + Value("steward_heartbeat_failed_total")); }
  double Value(const std::string& name) {
    double sum = 0;
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      if (family.name != name) continue;
      for (const prometheus::ClientMetric& metric : family.metric) sum += metric.counter.value;
    }
    return sum;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'772'438'400)};
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  HttpClient http_{io_.get_executor()};
  HttpReceiver watcher_;
  prometheus::Registry registry_;
  Progress ingest_, rules_;
  Heartbeat heartbeat_{{{watcher_.url("/ping/secret")}, absl::Seconds(60)},
                       {{"ingest", ingest_}, {"rules", rules_}}, clock_, io_.get_executor(), http_, registry_};
};

TEST_F(HeartbeatTest, GoesOutWhileEverythingMoves) {
  ingest_.Moved();
  rules_.Moved();
  Beat(1);
  ingest_.Moved();
  rules_.Moved();
  Beat(2);
  EXPECT_EQ(watcher_.requests()[0].method, "GET");
  EXPECT_EQ(watcher_.requests()[0].target, "/ping/secret");
}

TEST_F(HeartbeatTest, StaysSilentWhileOnePartStandsStill) {
  ingest_.Moved();
  Beat(0);
  EXPECT_EQ(Value("steward_heartbeat_withheld_total"), 1);
  ingest_.Moved();
  rules_.Moved();
  Beat(1);
}

TEST_F(HeartbeatTest, CountsAWatcherThatDoesNotTakeIt) {
  watcher_.Next({ReceiverAnswer::Kind::kAnswer, 500, "", {}});
  ingest_.Moved();
  rules_.Moved();
  Beat(1);
  EXPECT_EQ(Value("steward_heartbeat_failed_total"), 1);
}

}  // namespace
}  // namespace steward::collector
