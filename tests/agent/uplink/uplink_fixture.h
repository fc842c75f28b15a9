// An agent's uplink over gRPC and real TLS against a collector that does what a test tells it.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/identity/machine_key.h"
#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/grpc_stream.h"
#include "agent/uplink/uplink.h"
#include "boost/asio/io_context.hpp"
#include "gmock/gmock.h"
#include "tests/agent/spool/spool_fixture.h"
#include "tests/support/fake_collector.h"

namespace steward::agent {

class UplinkTest : public SpoolTest {
 protected:
  UplinkTest() {
    real_clock_ = NewSystemClock();
    collector_.Start();
    identity_ = collector_.NewIdentity("machine-1");
    Open();
  }
  ~UplinkTest() override { uplink_.reset(); }

  void Connect() {
    uplink_.reset();
    UplinkSettings settings;
    settings.addresses = addresses_.empty() ? std::vector{collector_.address()} : addresses_;
    settings.machine_id = identity_.machine_id;
    settings.ca_pem = identity_.ca_pem;
    settings.certificate_pem = identity_.certificate_pem;
    settings.key_pem = identity_.key_pem;
    settings.agent_version = "test";
    settings.boot_id = "boot-a";
    settings.backoff_min = absl::Milliseconds(20);
    settings.backoff_max = absl::Milliseconds(200);
    settings.welcome_timeout = welcome_timeout_;
    UplinkCallbacks callbacks;
    callbacks.policy = [this](const v1::Policy& policy) { policies_.push_back(policy); };
    callbacks.rolled_back = [this] {
      spool_->StartEpoch();
      first_ = true;
    };
    callbacks.renewed = [this](const std::string& key, const std::string& certificate) {
      renewed_.emplace_back(key, certificate);
      return absl::OkStatus();
    };
    uplink_ = std::make_unique<Uplink>(settings, UplinkParts{io_.get_executor(), *real_clock_, *spool_, connector_, 1}, callbacks);
    uplink_->Start();
  }
  void AddAndSend(std::int64_t first, std::int64_t last) {
    for (std::int64_t value = first; value <= last; ++value) {
      ASSERT_TRUE(Add(value).ok());
      if (uplink_) uplink_->Appended();
    }
  }
  bool RunUntil(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(60)) {
    const absl::Time deadline = absl::Now() + limit;
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      io_.restart();
      io_.run_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool AllAcknowledged() {
    return RunUntil([this] { return spool_->status().batches_waiting == 0; });
  }
  // The agent's process dies and starts again.
  void KillAndRestart() {
    uplink_.reset();
    Open();
    Connect();
  }
  void ExpectAll(std::int64_t count) {
    std::set<std::int64_t> values;
    for (const auto& [key, value] : collector_.committed()) values.insert(value);
    EXPECT_EQ(values.size(), static_cast<std::size_t>(count));
    EXPECT_THAT(collector_.committed(), testing::SizeIs(count)) << "no value under two identities";
    EXPECT_THAT(collector_.complaints(), testing::IsEmpty());
  }

  FakeCollector collector_;
  Identity identity_;
  std::unique_ptr<Clock> real_clock_;
  boost::asio::io_context io_;
  GrpcLoop loop_;
  GrpcConnector connector_{loop_, io_.get_executor()};
  std::unique_ptr<Uplink> uplink_;
  std::vector<std::string> addresses_;
  absl::Duration welcome_timeout_ = absl::Seconds(30);
  std::vector<v1::Policy> policies_;
  std::vector<std::pair<std::string, std::string>> renewed_;
};

}  // namespace steward::agent
