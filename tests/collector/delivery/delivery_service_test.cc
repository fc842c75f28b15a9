#include "collector/delivery/delivery_service.h"

#include <deque>
#include <optional>

#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "collector/delivery/delivery_thread.h"
#include "collector/delivery/webhook.h"
#include "collector/storage/memory/memory_storage.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/http_receiver.h"

namespace steward::collector {
namespace {

using ::steward::testing::HttpReceiver;
using ::steward::testing::ReceiverAnswer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Result = SendOutcome::Result;

const absl::Time kStart = absl::FromUnixSeconds(1'772'438'400);

// A channel that answers when the test says so.
class FakeChannel final : public Channel {
 public:
  explicit FakeChannel(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  void Send(const Notification& notification, std::function<void(SendOutcome)> done) override {
    keys.push_back(notification.idempotency_key);
    under_way.push_back(std::move(done));
  }
  void Answer(Result result, std::optional<absl::Duration> retry_after = std::nullopt) {
    auto done = std::move(under_way.front());
    under_way.pop_front();
    done({result, retry_after, "an answer", "a remedy"});
  }
  std::vector<std::string> keys;  // of each attempt
  std::deque<std::function<void(SendOutcome)>> under_way;

 private:
  std::string name_;
};

class DeliveryServiceTest : public ::testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // As after a kill of the collector: only the storage is left.
  void Restart() {
    service_.reset();
    auto partner = std::make_unique<FakeChannel>("partner");
    auto manager = std::make_unique<FakeChannel>("manager");
    partner_ = partner.get();
    manager_ = manager.get();
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::move(partner));
    channels.push_back(std::move(manager));
    registry_ = std::make_unique<prometheus::Registry>();
    service_ = std::make_unique<DeliveryService>(DeliveryService::Parts{
        *storage_, clock_, io_.get_executor(), std::move(channels), [] { return 0.5; }, *registry_, progress_});
    service_->Start();
    Run();
  }

  void Add(const std::string& channel, const std::string& issue, const std::string& key) {
    OutboxRecord record;
    record.idempotency_key = key;
    record.channel = channel;
    record.event = "opened";
    record.issue_id = issue;
    record.created_time = record.next_attempt_time = clock_.WallNow();
    ASSERT_TRUE(storage_->WriteAndWait([&](StorageTransaction& transaction) { return transaction.AddDelivery(record); }).ok());
    service_->Wake();
    Run();
  }

  void Run() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Run();
  }
  std::vector<OutboxRecord> Waiting() {
    std::vector<OutboxRecord> rows;
    EXPECT_TRUE(storage_->Read([&](StorageReader& reader) {
                          rows = reader.WaitingDeliveries().value();
                          return absl::OkStatus();
                        })
                    .ok());
    return rows;
  }
  std::vector<OutboxRecord> All() {
    std::vector<OutboxRecord> rows;
    EXPECT_TRUE(storage_->Read([&](StorageReader& reader) {
                          rows = reader.ListDeliveries(100).value();
                          return absl::OkStatus();
                        })
                    .ok());
    return rows;
  }

  ManualClock clock_{kStart};
  boost::asio::io_context io_;
  std::unique_ptr<Storage> storage_ = NewMemoryStorage(MemoryWriter::kInline);
  std::unique_ptr<prometheus::Registry> registry_;
  Progress progress_;
  FakeChannel* partner_ = nullptr;
  FakeChannel* manager_ = nullptr;
  std::unique_ptr<DeliveryService> service_;
};

TEST_F(DeliveryServiceTest, AnOutboxRowIsSentAtOnceAndOnce) {
  Add("partner", "i1", "k1");
  ASSERT_THAT(partner_->keys, ElementsAre("k1"));
  partner_->Answer(Result::kDelivered);
  Run();
  EXPECT_TRUE(Waiting().empty());
  EXPECT_EQ(All()[0].state, DeliveryState::kDelivered);
  EXPECT_EQ(All()[0].attempts, 1U);
  Advance(absl::Hours(1));
  EXPECT_EQ(partner_->keys.size(), 1U);
}

TEST_F(DeliveryServiceTest, AFailureIsTriedAgainWithGrowingWaits) {
  Add("partner", "i1", "k1");
  for (int i = 0; i < 5; ++i) {
    partner_->Answer(Result::kRetry);
    Run();
    Advance(absl::Seconds(1 << i) - absl::Milliseconds(1));
    EXPECT_TRUE(partner_->under_way.empty()) << i;
    Advance(absl::Milliseconds(1));
    ASSERT_EQ(partner_->under_way.size(), 1U) << i;
  }
  EXPECT_THAT(partner_->keys, ElementsAre("k1", "k1", "k1", "k1", "k1", "k1"));
  EXPECT_EQ(Waiting()[0].attempts, 5U);
  EXPECT_EQ(Waiting()[0].last_answer, "an answer");
}

TEST_F(DeliveryServiceTest, TheReceiversWishIsKept) {
  Add("partner", "i1", "k1");
  partner_->Answer(Result::kRetry, absl::Minutes(10));
  Run();
  Advance(absl::Minutes(10) - absl::Seconds(1));
  EXPECT_EQ(partner_->keys.size(), 1U);
  Advance(absl::Seconds(1));
  EXPECT_EQ(partner_->keys.size(), 2U);
}

TEST_F(DeliveryServiceTest, ARefusedMessageIsDead) {
  Add("partner", "i1", "k1");
  partner_->Answer(Result::kPermanent);
  Run();
  EXPECT_TRUE(Waiting().empty());
  EXPECT_EQ(All()[0].state, DeliveryState::kDead);
}

TEST_F(DeliveryServiceTest, AMessageIsGivenUpAfterThreeDays) {
  Add("partner", "i1", "k1");
  for (int i = 0; i < 1000 && !Waiting().empty(); ++i) {
    if (!partner_->under_way.empty()) partner_->Answer(Result::kRetry);
    Run();
    Advance(absl::Minutes(15));
  }
  EXPECT_EQ(All()[0].state, DeliveryState::kDead);
  EXPECT_GT(clock_.WallNow() - kStart, absl::Hours(71));
  EXPECT_LT(clock_.WallNow() - kStart, absl::Hours(73));
}

TEST_F(DeliveryServiceTest, MessagesOfOneIssueKeepTheirOrder) {
  Add("partner", "i1", "opened");
  Add("partner", "i1", "resolved");
  EXPECT_THAT(partner_->keys, ElementsAre("opened"));
  partner_->Answer(Result::kRetry);
  Run();
  EXPECT_EQ(partner_->keys.size(), 1U) << "the later one does not overtake";
  Advance(absl::Seconds(1));
  partner_->Answer(Result::kDelivered);
  Run();
  EXPECT_THAT(partner_->keys, ElementsAre("opened", "opened", "resolved"));
}

TEST_F(DeliveryServiceTest, AHangingChannelHoldsUpNoOther) {
  for (int i = 0; i < 10; ++i) Add("partner", "i" + std::to_string(i), "p" + std::to_string(i));
  EXPECT_EQ(partner_->under_way.size(), DeliveryService::kUnderWayPerChannel);
  Add("manager", "i1", "m1");
  EXPECT_THAT(manager_->keys, ElementsAre("m1"));
  while (!partner_->under_way.empty()) {
    partner_->Answer(Result::kDelivered);
    Run();
  }
  EXPECT_EQ(partner_->keys.size(), 10U);
}

TEST_F(DeliveryServiceTest, WhatWaitedBeforeAKillIsSentWithTheSameKey) {
  Add("partner", "i1", "k1");
  Add("partner", "i2", "k2");
  partner_->Answer(Result::kRetry);
  Run();
  Restart();  // k1 waits for its retry, k2 was under way
  EXPECT_THAT(partner_->keys, ElementsAre("k2"));
  Advance(absl::Seconds(1));
  EXPECT_THAT(partner_->keys, ElementsAre("k2", "k1"));
}

TEST_F(DeliveryServiceTest, AMessageForAChannelThatIsGoneIsDead) {
  Add("fax", "i1", "k1");
  EXPECT_EQ(All()[0].state, DeliveryState::kDead);
  EXPECT_THAT(All()[0].last_answer, HasSubstr("no longer configured"));
}

TEST_F(DeliveryServiceTest, ATestSaysWhatCameBack) {
  std::optional<absl::StatusOr<v1::TestChannelResponse>> result;
  service_->TestChannel("partner", [&](absl::StatusOr<v1::TestChannelResponse> response) { result = std::move(response); });
  Run();
  EXPECT_THAT(partner_->keys, ElementsAre(HasSubstr("test-")));
  partner_->Answer(Result::kPermanent);
  ASSERT_TRUE(result && result->ok());
  EXPECT_FALSE((*result)->delivered());
  EXPECT_EQ((*result)->answer(), "an answer");
  EXPECT_EQ((*result)->remedy(), "a remedy");

  service_->TestChannel("boss", [&](absl::StatusOr<v1::TestChannelResponse> response) { result = std::move(response); });
  Run();
  EXPECT_TRUE(absl::IsNotFound(result->status()));
  EXPECT_THAT(std::string(result->status().message()), HasSubstr("manager, partner"));
}

TEST_F(DeliveryServiceTest, CountsWhatItDoes) {
  Add("partner", "i1", "k1");
  partner_->Answer(Result::kRetry);
  Run();
  Advance(absl::Seconds(1));
  partner_->Answer(Result::kDelivered);
  Run();
  Add("partner", "i1", "k2");
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : registry_->Collect()) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (metric.label[0].value == "partner") values[family.name] = metric.counter.value + metric.gauge.value;
    }
  }
  EXPECT_EQ(values["steward_delivery_sent_total"], 1);
  EXPECT_EQ(values["steward_delivery_failed_total"], 1);
  EXPECT_EQ(values["steward_delivery_retried_total"], 1);
  EXPECT_EQ(values["steward_delivery_dead_total"], 0);
  EXPECT_EQ(values["steward_delivery_queue"], 1);
}

TEST_F(DeliveryServiceTest, ItsProgressMovesWithoutWork) {
  const std::uint64_t before = progress_.count();
  Advance(DeliveryService::kPulse);
  EXPECT_GT(progress_.count(), before);
}

// The real parts together, on the real thread: a receiver that fails in every way, and one that works.
TEST(DeliveryThreadTest, AReceiverThatFailsForAWhileGetsEverythingInOrder) {
  HttpReceiver failing, working;
  failing.Next({ReceiverAnswer::Kind::kReset, 0, "", {}});
  failing.Next({ReceiverAnswer::Kind::kAnswer, 503, "later", {}});
  const auto clock = NewSystemClock();
  DeliveryThread thread;
  const auto storage = NewMemoryStorage();  // ends first: its writer posts to the thread
  std::vector<std::unique_ptr<Channel>> channels;
  channels.push_back(*MakeWebhook({"failing", "webhook", failing.url(), "", ""}, thread.http()));
  channels.push_back(*MakeWebhook({"working", "webhook", working.url(), "", ""}, thread.http()));
  prometheus::Registry registry;
  Progress progress;
  DeliveryService service({*storage, *clock, thread.executor(), std::move(channels), [] { return 0.5; }, registry, progress});
  service.Start();
  ASSERT_TRUE(storage
                  ->WriteAndWait([&](StorageTransaction& transaction) -> absl::Status {
                    for (const char* channel : {"failing", "working"}) {
                      for (const char* event : {"opened", "resolved"}) {
                        OutboxRecord record;
                        record.idempotency_key = event;
                        record.channel = channel;
                        record.event = event;
                        record.issue_id = "i1";
                        record.created_time = record.next_attempt_time = clock->WallNow();
                        if (absl::Status status = transaction.AddDelivery(record); !status.ok()) return status;
                      }
                    }
                    return absl::OkStatus();
                  })
                  .ok());
  service.Wake();
  EXPECT_EQ(working.WaitFor(2).size(), 2U);
  const auto requests = failing.WaitFor(4);
  thread.Stop();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_THAT(requests[2].body, HasSubstr("opened"));
  EXPECT_THAT(requests[3].body, HasSubstr("resolved"));
  EXPECT_EQ(requests[0].headers.at("idempotency-key"), requests[2].headers.at("idempotency-key"));
}

}  // namespace
}  // namespace steward::collector
