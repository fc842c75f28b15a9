// What a slow, full or broken store does to the streams.
#include "collector/ingest/limits.h"
#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BackpressureTest : public IngestFixture {
 protected:
  FakeTransport& InSegment() {
    FakeTransport& agent = ConnectAndGreet(epoch);
    Say(agent, epoch.Descriptors());
    Say(agent, epoch.Segment(1));
    return agent;
  }
  TestEpoch epoch{7};
};

TEST_F(BackpressureTest, ReadsNoFurtherThanTheWindow) {
  FakeTransport& agent = InSegment();
  storage.Hold();
  std::uint64_t sequence = 1;
  while (agent.wants_read) Say(agent, epoch.Batch(sequence++));
  EXPECT_EQ(sequence - 1, kWindowBatches);
  storage.Release();
  Run();
  EXPECT_TRUE(agent.wants_read);
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-64")) << "what one commit made durable is acknowledged at once";
}

TEST_F(BackpressureTest, WaitsForTheQueueOfTheOthersToFall) {
  FakeTransport& agent = InSegment();
  storage.PretendQueued(kStorageQueueBytesMax + 1);
  Say(agent, epoch.Batch(1));
  EXPECT_FALSE(agent.wants_read);
  clock.Advance(kBackpressureRecheck);
  Run();
  EXPECT_FALSE(agent.wants_read);
  storage.PretendQueued(0);
  clock.Advance(kBackpressureRecheck);
  Run();
  EXPECT_TRUE(agent.wants_read);
}

TEST_F(BackpressureTest, DoesNotReadAnAgentThatTakesNothingOff) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  agent.takes = false;
  int sent = 0;
  while (agent.wants_read && sent < 1000) {
    Say(agent, InventoryMessage({{"kernel", std::to_string(sent++)}}));
  }
  EXPECT_LE(agent.outgoing.size(), kOutgoingMessagesMax + 1);
  agent.takes = true;
  Run();
  EXPECT_TRUE(agent.wants_read);
}

TEST_F(BackpressureTest, AcknowledgesNothingOnAFullDiskAndAllOfItLater) {
  FakeTransport& agent = InSegment();
  storage.Fail(absl::ResourceExhaustedError("disk full"));
  Say(agent, epoch.Batch(1));
  Say(agent, epoch.Batch(2));  // was asked for before the store answered
  EXPECT_THAT(Committed(agent), IsEmpty());
  EXPECT_FALSE(agent.wants_read) << "paused";
  EXPECT_FALSE(agent.finished.has_value());
  clock.Advance(kStorageRetryDelay);
  Run();
  EXPECT_THAT(Committed(agent), IsEmpty());
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_storage_errors_total 2"));
  storage.Fail(absl::OkStatus());
  clock.Advance(kStorageRetryDelay);
  Run();
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-2"));
  EXPECT_TRUE(agent.wants_read);
  Say(agent, epoch.Batch(3));
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 3}));
  EXPECT_THAT(sink.observations, SizeIs(3));
}

TEST_F(BackpressureTest, StoresNothingOfAStreamBehindAFailedWrite) {
  FakeTransport& agent = InSegment();
  storage.Hold();
  for (const std::uint64_t sequence : {1, 2, 3}) Say(agent, epoch.Batch(sequence));
  storage.Fail(absl::ResourceExhaustedError("disk full"));
  storage.Release();
  storage.Fail(absl::OkStatus());
  Run();
  EXPECT_THAT(Stored(7), IsEmpty());
  clock.Advance(kStorageRetryDelay);
  Run();
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 3}));
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-3"));
}

TEST_F(BackpressureTest, TellsAnAgentThatGreetsOnAFullDiskToComeLater) {
  storage.Fail(absl::ResourceExhaustedError("disk full"));
  FakeTransport& agent = ConnectAndGreet(epoch);
  ExpectEnded(agent, absl::StatusCode::kUnavailable, "try again later");
}

TEST_F(BackpressureTest, KeepsAnInventoryUntilTheDiskHasRoom) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  storage.Fail(absl::ResourceExhaustedError("disk full"));
  Say(agent, InventoryMessage({{"kernel", "6.1"}}));
  EXPECT_THAT(agent.taken, SizeIs(1));
  storage.Fail(absl::OkStatus());
  clock.Advance(kStorageRetryDelay);
  Run();
  EXPECT_THAT(agent.taken, SizeIs(2));
}

TEST_F(BackpressureTest, TriesNothingAgainForAStreamThatIsGone) {
  FakeTransport& agent = InSegment();
  storage.Fail(absl::ResourceExhaustedError("disk full"));
  Say(agent, epoch.Batch(1));
  agent.session->OnLost();
  const std::size_t writes = storage.writes();
  clock.Advance(kStorageRetryDelay * 3);
  Run();
  EXPECT_EQ(storage.writes(), writes);
}

}  // namespace
}  // namespace steward::collector
