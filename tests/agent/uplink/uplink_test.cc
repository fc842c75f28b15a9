#include "agent/uplink/uplink.h"

#include <memory>
#include <optional>

#include "agent/identity/machine_key.h"
#include "agent/uplink/grpc_loop.h"
#include "agent/uplink/grpc_stream.h"
#include "boost/asio/io_context.hpp"
#include "gmock/gmock.h"
#include "proto/wire/inventory_digest.h"
#include "tests/agent/spool/spool_fixture.h"
#include "tests/support/fake_collector.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
    EXPECT_THAT(collector_.committed(), SizeIs(count)) << "no value under two identities";
    EXPECT_THAT(collector_.complaints(), IsEmpty());
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

TEST_F(UplinkTest, WhatIsInTheSpoolAndWhatIsAppendedLaterArrivesOnce) {
  AddAndSend(1, 100);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  AddAndSend(101, 110);
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(110);
  EXPECT_EQ(collector_.duplicates(), 0u);
  EXPECT_TRUE(uplink_->status().connected);
  EXPECT_EQ(uplink_->status().acknowledged_sequence, 110u);
  ASSERT_THAT(policies_, SizeIs(1));
  EXPECT_EQ(policies_[0].interval().seconds(), 15);
}

TEST_F(UplinkTest, HelloSaysWhatIsHeld) {
  AddAndSend(1, 3);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  const auto hellos = collector_.hellos();
  ASSERT_THAT(hellos, SizeIs(1));
  EXPECT_EQ(hellos[0].machine_id(), "machine-1");
  EXPECT_EQ(hellos[0].protocol(), 1u);
  ASSERT_EQ(hellos[0].held_size(), 1);
  EXPECT_EQ(hellos[0].held(0).ranges(0).last(), 3u);
}

TEST_F(UplinkTest, AStreamCutAfterAnyMessageLosesAndDoublesNothing) {
  AddAndSend(1, 40);
  spool_->CutSegment();
  AddAndSend(41, 45);
  for (int cut = 1; cut <= 12; ++cut) {
    FakeCollectorScript script;
    script.cut_after_messages = cut;
    script.window = 4;
    collector_.SetScript(script);
    const int before = collector_.connections();
    Connect();
    ASSERT_TRUE(RunUntil([&] { return collector_.connections() >= before + 3 || spool_->status().batches_waiting == 0; }))
        << "cut after " << cut;
  }
  collector_.SetScript({});
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(45);
}

TEST_F(UplinkTest, ALostAcknowledgementIsToldByTheNextWelcome) {
  FakeCollectorScript script;
  script.lose_acknowledgements = true;
  collector_.SetScript(script);
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() == 10; }));
  EXPECT_EQ(spool_->status().batches_waiting, 10u);
  collector_.SetScript({});
  KillAndRestart();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(10);
  EXPECT_EQ(collector_.batches_received(), 10u) << "the segment was wholly committed: skipped";
}

TEST_F(UplinkTest, ABrokenOffSegmentIsSentFromItsStartAndTheCollectorDropsWhatItHas) {
  FakeCollectorScript script;
  script.cut_after_messages = 8;
  script.backlog_turn = 2;
  collector_.SetScript(script);
  AddAndSend(1, 20);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.connections() >= 2; }));
  collector_.SetScript({});
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(20);
  EXPECT_GT(collector_.duplicates(), 0u);
}

TEST_F(UplinkTest, AcknowledgementsOutOfOrderAreTaken) {
  FakeCollectorScript script;
  script.reorder_acknowledgements = 4;
  collector_.SetScript(script);
  AddAndSend(1, 50);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(50);
}

TEST_F(UplinkTest, NoMoreIsUnderWayThanTheCollectorGrants) {
  FakeCollectorScript script;
  script.window = 3;
  script.reorder_acknowledgements = 2;
  collector_.SetScript(script);
  AddAndSend(1, 60);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  EXPECT_LE(collector_.most_unacknowledged(), 3u);
  ExpectAll(60);
}

TEST_F(UplinkTest, ARefusedBatchIsDeclaredAndTheRestGoesOn) {
  FakeCollectorScript script;
  script.refuse_sequence = 7;
  collector_.SetScript(script);
  AddAndSend(1, 20);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(19);
  AddAndSend(21, 22);
  ASSERT_TRUE(AllAcknowledged());
  const auto gaps = collector_.gaps();
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].cause(), v1::GapDeclaration::REFUSED);
  EXPECT_EQ(gaps[0].range().first(), 7u);
  EXPECT_THAT(spool_->UntoldGaps(), IsEmpty()) << "a later batch was committed: the collector knows";
  EXPECT_THAT(uplink_->status().refusal, HasSubstr("refused by the test"));
}

TEST_F(UplinkTest, GarbageFromTheCollectorHarmsNothing) {
  FakeCollectorScript script;
  script.send_garbage = true;
  collector_.SetScript(script);
  AddAndSend(1, 20);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  AddAndSend(21, 25);
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(25);
}

TEST_F(UplinkTest, ASlowCollectorGetsEverythingInTheEnd) {
  FakeCollectorScript script;
  script.read_pause = absl::Milliseconds(5);
  script.window = 2;
  collector_.SetScript(script);
  AddAndSend(1, 30);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(30);
}

TEST_F(UplinkTest, ACollectorRestoredFromABackupGetsBackWhatItLost) {
  AddAndSend(1, 30);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  uplink_.reset();
  collector_.Forget(spool_->epoch(), 12);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() == 30; }));
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(30);
}

TEST_F(UplinkTest, BothSidesMayDieAtAnyTime) {
  FakeCollectorScript script;
  script.cut_after_messages = 9;
  script.backlog_turn = 2;
  std::int64_t next = 1;
  for (int round = 0; round < 8; ++round) {
    script.lose_acknowledgements = round % 3 == 1;
    collector_.SetScript(script);
    KillAndRestart();
    AddAndSend(next, next + 11);
    next += 12;
    const int before = collector_.connections();
    ASSERT_TRUE(RunUntil([&] { return collector_.connections() > before + 1; }));
    if (round % 2 == 0) {
      collector_.Stop();
      ASSERT_TRUE(RunUntil([this] { return !uplink_->status().connected; }));
      collector_.Start();
    }
  }
  collector_.SetScript({});
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(next - 1);
}

TEST_F(UplinkTest, ARefusalIsShownInTheCollectorsWords) {
  FakeCollectorScript script;
  script.refuse_streams = absl::PermissionDeniedError("this machine was retired; enrol it again");
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return !uplink_->status().reason.empty(); }));
  EXPECT_THAT(uplink_->status().reason, HasSubstr("this machine was retired; enrol it again"));
  EXPECT_FALSE(uplink_->status().connected);
}

TEST_F(UplinkTest, TheNextAddressIsTriedWhenTheFirstIsDead) {
  addresses_ = {"127.0.0.1:1", collector_.address()};
  AddAndSend(1, 2);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  EXPECT_EQ(uplink_->status().address, collector_.address());
}

TEST_F(UplinkTest, ACollectorThatNeverSaysWelcomeIsLeft) {
  FakeCollectorScript script;
  script.silent = true;
  collector_.SetScript(script);
  welcome_timeout_ = absl::Milliseconds(300);
  AddAndSend(1, 2);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.connections() >= 2; }));
  EXPECT_THAT(uplink_->status().reason, HasSubstr("no answer"));
  collector_.SetScript({});
  ASSERT_TRUE(AllAcknowledged());
}

TEST_F(UplinkTest, ACollectorOfAnotherCaIsNotSpokenTo) {
  FakeCollector other;
  other.Start();
  addresses_ = {other.address()};
  Connect();
  ASSERT_TRUE(RunUntil([this] { return !uplink_->status().reason.empty(); }));
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(UplinkTest, AnInventoryIsSentOnceAndNotToACollectorThatHasIt) {
  v1::Inventory inventory;
  v1::Fact* fact = inventory.add_facts();
  fact->set_group("os");
  fact->set_key("name");
  fact->set_value("Test OS");
  inventory.set_digest(wire::InventoryDigest(inventory));
  const InventoryOffer offer{inventory.digest(), [inventory]() -> absl::StatusOr<v1::Inventory> { return inventory; }};
  Connect();
  uplink_->SetInventory(offer);
  ASSERT_TRUE(RunUntil([this] { return collector_.inventories().size() == 1; }));
  FakeCollectorScript script;
  script.inventory_digest = inventory.digest();
  collector_.SetScript(script);
  Connect();
  uplink_->SetInventory(offer);
  AddAndSend(1, 3);
  ASSERT_TRUE(AllAcknowledged());
  EXPECT_THAT(collector_.inventories(), SizeIs(1));
}

TEST_F(UplinkTest, ADueCertificateIsRenewedWithANewKeyAndUsedFromTheNextConnectionOn) {
  FakeCollectorScript script;
  script.renew = true;
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return !renewed_.empty(); }));
  EXPECT_NE(renewed_[0].first, identity_.key_pem);
  EXPECT_TRUE(CertificateMatchesKey(renewed_[0].second, renewed_[0].first));
  collector_.SetScript({});
  collector_.Stop();
  ASSERT_TRUE(RunUntil([this] { return !uplink_->status().connected; }));
  collector_.Start();
  ASSERT_TRUE(RunUntil([this] { return uplink_->status().connected; }));
  EXPECT_EQ(collector_.peer_certificates().back(), renewed_[0].second);
}

TEST_F(UplinkTest, SeriesThatAppearLaterAreDescribedBeforeTheirFirstBatch) {
  Connect();
  AddAndSend(1, 3);
  ASSERT_TRUE(AllAcknowledged());
  v1::DescriptorSet more;
  v1::SeriesDescriptor* series = more.add_series();
  *series = TestSeries().series(0);
  series->set_id(kTestSeries + 1);
  series->set_metric("test_late");
  clock_.Advance(absl::Seconds(15));
  wire::SampleBatch batch = TestBatch(absl::ToInt64Milliseconds(clock_.BootNow()), 4);
  batch.groups[0].values.push_back({kTestSeries + 1, 99});
  ASSERT_TRUE(spool_->Append(more, batch).ok());
  uplink_->Appended();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(4);
}

TEST_F(UplinkTest, AnEpochOverWhichEveryStreamEndsHoldsUpNothingElseAndIsKept) {
  AddAndSend(1, 5);
  FakeCollectorScript script;
  script.poison_epoch = spool_->epoch();
  collector_.SetScript(script);
  Open();
  AddAndSend(6, 10);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() == 5; }));
  ASSERT_TRUE(RunUntil([this] { return spool_->status().batches_waiting == 5; })) << "the first five are kept for later";
  EXPECT_THAT(spool_->UntoldGaps(), IsEmpty());
  collector_.SetScript({});
  KillAndRestart();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(10);
}

TEST_F(UplinkTest, TheNewestSegmentGoesFirstAndTheBacklogFollowsNewestFirst) {
  for (int segment = 0; segment < 5; ++segment) {
    AddAndSend(segment * 10 + 1, segment * 10 + 10);
    spool_->CutSegment();
  }
  AddAndSend(51, 55);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(55);
  std::vector<std::uint64_t> order;
  for (const auto& [epoch, sequence] : collector_.order()) order.push_back(sequence);
  std::vector<std::uint64_t> expected;
  for (const std::uint64_t first : {51, 41, 31, 21, 11, 1}) {
    for (std::uint64_t sequence = first; sequence < first + (first == 51 ? 5 : 10); ++sequence) expected.push_back(sequence);
  }
  EXPECT_EQ(order, expected);
  EXPECT_THAT(collector_.clocks(), SizeIs(1)) << "one reading, for the Welcome";
}

// A thousand machines that return would else send a quarter of an hour each beside all credit.
TEST_F(UplinkTest, AfterALongerSilenceEvenTheNewestSegmentIsAskedFor) {
  AddAndSend(1, 20);
  FakeCollectorScript script;
  script.backlog_turn = 0;
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return !collector_.clocks().empty(); }));
  AddAndSend(21, 22);
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().contains({spool_->epoch(), 22}); }));
  EXPECT_THAT(collector_.committed(), SizeIs(2)) << "the others wait for credit";
}

TEST_F(UplinkTest, LiveBatchesGoBeforeTheBacklogAndNothingIsSentTwice) {
  AddAndSend(1, 200);
  spool_->CutSegment();
  FakeCollectorScript script;
  script.backlog_turn = 2;
  script.read_pause = absl::Milliseconds(2);
  collector_.SetScript(script);
  AddAndSend(201, 202);
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().size() > 20; }));
  AddAndSend(203, 205);
  ASSERT_TRUE(RunUntil([this] { return collector_.committed().contains({spool_->epoch(), 205}); }));
  EXPECT_LT(collector_.committed().size(), 205u) << "the backlog is still on its way";
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(205);
  EXPECT_EQ(collector_.duplicates(), 0u);
}

TEST_F(UplinkTest, ACollectorThatKnowsNoBacklogGetsEverythingOldestFirst) {
  FakeCollectorScript script;
  script.takes_backlog = false;
  collector_.SetScript(script);
  AddAndSend(1, 30);
  spool_->CutSegment();
  AddAndSend(31, 40);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(40);
  EXPECT_EQ(collector_.order().front().second, 1u);
  EXPECT_THAT(collector_.clocks(), IsEmpty());
}

TEST_F(UplinkTest, TheHelloNamesTheNewestCommittedBatch) {
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  EXPECT_FALSE(collector_.hellos()[0].has_committed());
  Connect();
  ASSERT_TRUE(RunUntil([this] { return collector_.hellos().size() == 2; }));
  EXPECT_EQ(collector_.hellos()[1].committed().sequence(), 10u);
  EXPECT_EQ(collector_.hellos()[1].committed().payload_sha256().size(), 32u);
}

TEST_F(UplinkTest, AMachineThatWasSetBackBeginsANewEpoch) {
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  uplink_.reset();
  // Its disk and memory of an earlier moment: the same epoch, but fewer batches than the collector has of it.
  settings_.directory = directory_.path() / "set-back";
  const std::uint64_t epoch = spool_->epoch();
  next_epoch_ = epoch;
  Open();
  ASSERT_EQ(spool_->epoch(), epoch);
  ASSERT_TRUE(Add(1).ok());
  Connect();
  ASSERT_TRUE(RunUntil([&] { return spool_->epoch() != epoch; }));
  AddAndSend(11, 12);
  ASSERT_TRUE(RunUntil([&] { return collector_.committed().contains({spool_->epoch(), 2}); }));
}

TEST_F(UplinkTest, WhatAMachineThatWasSetBackHasUnderTakenNumbersIsDeclaredNotBelievedCommitted) {
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  uplink_.reset();
  settings_.directory = directory_.path() / "set-back";
  const std::uint64_t epoch = spool_->epoch();
  next_epoch_ = epoch;
  Open();
  AddAndSend(101, 103);
  Connect();
  ASSERT_TRUE(RunUntil([&] { return !collector_.gaps().empty(); }));
  EXPECT_EQ(collector_.gaps()[0].epoch(), epoch);
  EXPECT_EQ(collector_.gaps()[0].range().first(), 1u);
  EXPECT_EQ(collector_.gaps()[0].range().last(), 3u);
  EXPECT_EQ(collector_.gaps()[0].cause(), v1::GapDeclaration::REFUSED);
}

// Its random numbers were set back, too, and it was started once more before it met the collector again.
TEST_F(UplinkTest, WhatWasMadeUnderTheNumberOfAnotherEpochIsSentNotBelievedCommitted) {
  AddAndSend(1, 10);
  Connect();
  ASSERT_TRUE(AllAcknowledged());
  uplink_.reset();
  settings_.directory = directory_.path() / "set-back";
  const std::uint64_t epoch = spool_->epoch();
  next_epoch_ = epoch;
  Open();
  AddAndSend(101, 103);
  next_epoch_ = epoch + 100;
  Open();
  FakeCollectorScript script;
  script.refuse_other_content = true;
  collector_.SetScript(script);
  Connect();
  ASSERT_TRUE(RunUntil([&] { return !collector_.gaps().empty() && collector_.gaps().back().range().last() == 3; }));
  for (const v1::GapDeclaration& gap : collector_.gaps()) {
    EXPECT_EQ(gap.epoch(), epoch);
    EXPECT_EQ(gap.cause(), v1::GapDeclaration::REFUSED);
  }
}

TEST_F(UplinkTest, ADeadProcessOfTheCollectorIsNoticedAndFoundAgain) {
  Connect();
  AddAndSend(1, 2);
  ASSERT_TRUE(AllAcknowledged());
  collector_.Stop();
  ASSERT_TRUE(RunUntil([this] { return !uplink_->status().connected; }));
  EXPECT_THAT(uplink_->status().reason, testing::Not(IsEmpty()));
  AddAndSend(3, 6);
  collector_.Start();
  ASSERT_TRUE(AllAcknowledged());
  ExpectAll(6);
}

}  // namespace
}  // namespace steward::agent
