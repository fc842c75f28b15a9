// What is in the spool arrives once, whatever stream, collector or identity do.
#include <optional>

#include "agent/identity/machine_key.h"
#include "proto/wire/inventory_digest.h"
#include "tests/agent/uplink/uplink_fixture.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
