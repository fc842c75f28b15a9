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
    last = notification;
    under_way.push_back(std::move(done));
  }
  void Answer(Result result, std::optional<absl::Duration> retry_after = std::nullopt) {
    auto done = std::move(under_way.front());
    under_way.pop_front();
    done({result, retry_after, "an answer", "a remedy"});
  }
  bool forgets() const override { return true; }
  void Resume(std::vector<Notification> open) override { resumed = std::move(open); }

  std::vector<std::string> keys;  // of each attempt
  Notification last;
  std::vector<Notification> resumed;
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
        *storage_, clock_, io_.get_executor(), std::move(channels), [] { return 0.5; }, *registry_, progress_, stages_of_});
    service_->Start();
    Run();
  }

  void Add(const std::string& channel, const std::string& issue, const std::string& key, const std::string& event = "opened",
           const std::string& severity = "high") {
    v1::Issue body;
    body.set_id(issue);
    body.set_severity(severity);
    OutboxRecord record;
    record.body = body.SerializeAsString();
    record.idempotency_key = key;
    record.channel = channel;
    record.event = event;
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
  std::function<std::unique_ptr<ChannelStages>(const std::string&)> stages_of_;
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

TEST_F(DeliveryServiceTest, WhatWasGivenUpIsSentOnceMoreWhenAsked) {
  Add("partner", "i1", "k1");
  partner_->Answer(Result::kPermanent);
  Run();
  std::optional<absl::StatusOr<std::vector<OutboxRecord>>> result;
  const auto retry = [&](const std::string& key, const std::string& channel) {
    service_->RetryDeliveries(key, channel, "me", [&](absl::StatusOr<std::vector<OutboxRecord>> records) { result = std::move(records); });
    Run();
  };
  retry("k", "manager");
  EXPECT_TRUE(absl::IsNotFound(result->status()));
  retry("", "");
  EXPECT_TRUE(absl::IsInvalidArgument(result->status()));
  retry("k", "");
  ASSERT_TRUE(result->ok()) << result->status();
  EXPECT_THAT(partner_->keys, ElementsAre("k1", "k1"));
  partner_->Answer(Result::kDelivered);
  Run();
  EXPECT_EQ(All()[0].state, DeliveryState::kDelivered);
  retry("k1", "partner");
  EXPECT_TRUE(absl::IsNotFound(result->status())) << "delivered since";
  const absl::Status read = storage_->Read([](StorageReader& reader) {
    const std::vector<AuditRecord> trail = reader.ListAudit(0, 10).value();
    EXPECT_EQ(trail.size(), 1U);
    EXPECT_EQ(trail.front().actor, "me");
    EXPECT_EQ(trail.front().action, "delivery-retried");
    EXPECT_EQ(trail.front().object, "delivery k1");
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

// A channel that people read, with a digest each morning.
class BundlingTest : public DeliveryServiceTest {
 protected:
  void SetUp() override {
    stages_of_ = [](const std::string& channel) {
      ChannelConfig config;
      config.name = channel;
      DeliveryConfig hours;
      hours.time_zone = "UTC";
      return std::make_unique<ChannelStages>(config, DeliveryHours(hours), [](const v1::Issue& issue) {
        return issue.severity() == "critical" ? "by-severity" : "morning";
      });
    };
    DeliveryServiceTest::SetUp();
  }
};

TEST_F(BundlingTest, WhatIsCollectedLeavesAsOneRowOfItsOwn) {
  Add("partner", "i1", "k1");
  Add("partner", "i2", "k2");
  EXPECT_TRUE(partner_->keys.empty());
  EXPECT_EQ(Waiting().size(), 2U);
  Advance(absl::Hours(72));
  ASSERT_EQ(partner_->keys.size(), 1U);
  ASSERT_EQ(Waiting().size(), 1U);
  EXPECT_EQ(Waiting()[0].event, "bundle");
  EXPECT_EQ(Waiting()[0].idempotency_key, partner_->keys[0]);
  EXPECT_THAT(partner_->last.parts, ::testing::SizeIs(2));
  EXPECT_EQ(partner_->last.reason, "digest");
  partner_->Answer(Result::kDelivered);
  Run();
  EXPECT_TRUE(Waiting().empty());
  for (const OutboxRecord& record : All()) {
    EXPECT_EQ(record.state, DeliveryState::kDelivered);
    if (record.event == "bundle") continue;
    EXPECT_THAT(record.last_answer, HasSubstr(partner_->keys[0]));
  }
}

TEST_F(BundlingTest, AKillKeepsWhatIsCollectedAndTheBundlesKey) {
  Add("partner", "i1", "k1");
  Restart();
  Add("partner", "i2", "k2");
  Restart();
  EXPECT_TRUE(partner_->keys.empty());
  Advance(absl::Hours(72));
  ASSERT_EQ(partner_->keys.size(), 1U);
  const std::string key = partner_->keys[0];
  Add("partner", "i3", "k3");  // for the next one
  Restart();                   // the bundle was under way
  EXPECT_THAT(partner_->keys, ElementsAre(key));
  EXPECT_THAT(partner_->last.parts, ::testing::SizeIs(2)) << "the same messages under the same key";
}

TEST_F(BundlingTest, ABundleIsTriedAgainAsIt) {
  Add("partner", "i1", "k1");
  Advance(absl::Hours(72));
  partner_->Answer(Result::kRetry);
  Run();
  Advance(absl::Seconds(2));
  ASSERT_EQ(partner_->keys.size(), 2U);
  EXPECT_EQ(partner_->keys[0], partner_->keys[1]);
}

TEST_F(BundlingTest, WhatComesAfterABundleWaitsForIt) {
  Add("partner", "i1", "k1");
  Add("partner", "i2", "k2");
  Advance(absl::Hours(72));
  ASSERT_THAT(partner_->keys, ::testing::SizeIs(1));
  Add("partner", "i1", "k3", "updated", "critical");
  Add("partner", "i9", "k4", "opened", "critical");
  EXPECT_THAT(partner_->keys, ElementsAre(partner_->keys[0], "k4")) << "of another issue";
  partner_->Answer(Result::kRetry);
  Run();
  EXPECT_THAT(partner_->keys, ::testing::SizeIs(2));
  Advance(absl::Seconds(2));
  partner_->Answer(Result::kDelivered);  // k4
  partner_->Answer(Result::kDelivered);  // the bundle
  Run();
  EXPECT_THAT(partner_->keys, ElementsAre(partner_->keys[0], "k4", partner_->keys[0], "k3"));
}

// A channel whose receiver forgets is told after a start what it should know.
TEST_F(DeliveryServiceTest, AReceiverThatForgetsIsToldWhatIsOpen) {
  Add("partner", "i1", "k1");
  partner_->Answer(Result::kDelivered);
  Add("partner", "i2", "k2");
  partner_->Answer(Result::kDelivered);
  Run();
  Add("partner", "i2", "k3", "resolved");
  partner_->Answer(Result::kDelivered);
  Run();
  Add("partner", "i3", "k4");
  Restart();
  ASSERT_THAT(partner_->resumed, ::testing::SizeIs(1)) << "neither what is over nor what was not delivered yet";
  EXPECT_EQ(partner_->resumed[0].idempotency_key, "k1");
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
