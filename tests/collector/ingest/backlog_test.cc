// Backlog beside the live segment: as granted, in turns, never before live batches.
#include "collector/ingest/limits.h"
#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class BacklogTest : public IngestFixture {
 protected:
  static v1::AgentMessage Asking(std::uint64_t batches) {
    v1::AgentMessage message;
    message.mutable_backlog_request()->set_batches(batches);
    return message;
  }
  // Batches [first, last] of a segment that begins with `first`.
  static v1::AgentMessage Group(TestEpoch& epoch, std::uint64_t first, std::uint64_t last) {
    v1::AgentMessage message;
    v1::Backlog& group = *message.mutable_backlog();
    *group.mutable_segment() = epoch.Segment(first).segment();
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) *group.add_batches() = epoch.Batch(sequence).batch();
    return message;
  }
  static std::uint64_t Granted(const FakeTransport& agent) {
    std::uint64_t batches = 0;
    for (const v1::CollectorMessage& message : agent.taken) batches += message.credit().backlog_batches();
    return batches;
  }
};

TEST_F(BacklogTest, IsTakenBesideTheLiveSegmentWhichGoesOn) {
  TestEpoch live(7);
  TestEpoch old(6);
  FakeTransport& agent = ConnectAndGreet(live);
  EXPECT_TRUE(agent.taken.at(0).welcome().takes_backlog());
  Say(agent, live.Descriptors());
  Say(agent, live.Segment(100));
  Say(agent, live.Batch(100));
  Say(agent, Asking(3));
  EXPECT_EQ(Granted(agent), 3u);
  Say(agent, old.Descriptors());
  Say(agent, Group(old, 1, 2));
  Say(agent, live.Batch(101));
  v1::AgentMessage more;
  *more.mutable_backlog()->add_batches() = old.Batch(3).batch();
  Say(agent, more);
  Say(agent, live.Batch(102));
  EXPECT_FALSE(agent.finished.has_value());
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{100, 102}));
  EXPECT_THAT(Stored(6), ElementsAre(SequenceInterval{1, 3}));
  EXPECT_EQ(hub.backlog().granted(), 0u);
}

TEST_F(BacklogTest, AGroupIsOneWriteAndOneAcknowledgement) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, Asking(40));
  const std::size_t before = storage.writes();
  Say(agent, Group(epoch, 1, 40));
  EXPECT_EQ(storage.writes(), before + 1);
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-40"));
}

TEST_F(BacklogTest, IsGrantedInTurnsUpToABoundForAllTogether) {
  std::vector<FakeTransport*> agents_;
  for (int i = 10; i < 60; ++i) {
    const std::string id = "00000000-0000-4000-8000-0000000000" + std::to_string(i);
    FakeTransport& agent = Connect(id);
    Say(agent, TestEpoch(7).Hello(id, "host-" + std::to_string(i)));
    Say(agent, Asking(100'000));
    agents_.push_back(&agent);
  }
  std::uint64_t all = 0;
  for (const FakeTransport* agent : agents_) {
    EXPECT_LE(Granted(*agent), kBacklogPerStreamMax);
    all += Granted(*agent);
  }
  EXPECT_EQ(all, kBacklogBatchesMax);
  EXPECT_EQ(hub.backlog().granted(), kBacklogBatchesMax);
  // A stream that ends leaves its share to the next ones in the queue.
  EXPECT_EQ(Granted(*agents_.back()), 0u);
  for (std::size_t i = 0; i + 1 < agents_.size(); ++i) agents_[i]->session->OnLost();
  Run();
  EXPECT_EQ(Granted(*agents_.back()), kBacklogPerStreamMax);
}

TEST_F(BacklogTest, WaitsWhileTheStoreIsBehind) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  storage.PretendQueued(kBacklogQueueBytesMax + 1);
  Say(agent, Asking(10));
  EXPECT_EQ(Granted(agent), 0u);
  storage.PretendQueued(0);
  clock.Advance(kBackpressureRecheck);
  Run();
  EXPECT_EQ(Granted(agent), 10u);
}

TEST_F(BacklogTest, AGrantThatIsGivenBackOrIdleGoesToOthers) {
  FakeTransport& idle = ConnectAndGreet(TestEpoch(7));
  Say(idle, Asking(100));
  EXPECT_EQ(hub.backlog().granted(), 100u);
  Say(idle, Asking(0));
  EXPECT_EQ(hub.backlog().granted(), 0u);
}

TEST_F(BacklogTest, FarMoreThanGrantedEndsTheStream) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  storage.Hold();
  Say(agent, Group(epoch, 1, 2 * kBacklogPerStreamMax + 1));
  ExpectEnded(agent, absl::StatusCode::kResourceExhausted, "more backlog than was granted");
  storage.Release();
}

TEST_F(BacklogTest, WithoutASegmentIsOutOfOrder) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  v1::AgentMessage message;
  message.mutable_backlog()->add_batches()->set_sequence(1);
  Say(agent, message);
  ExpectEnded(agent, absl::StatusCode::kInvalidArgument, "without a segment");
}

TEST_F(BacklogTest, AGapIsStoredWithItsTime) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  v1::AgentMessage message;
  v1::GapDeclaration& gap = *message.mutable_gap();
  gap.set_epoch(6);
  gap.mutable_range()->set_first(3);
  gap.mutable_range()->set_last(9);
  gap.set_cause(v1::GapDeclaration::SPOOL_FULL);
  gap.set_samples(21);
  gap.set_from_wall_ms(TestEpoch::kAnchorWallMs - 60'000);
  gap.set_to_wall_ms(TestEpoch::kAnchorWallMs - 30'000);
  Say(agent, message);
  std::vector<GapRecord> gaps;
  ASSERT_TRUE(storage.Read([&](StorageReader& reader) {
                       gaps = reader.ListGaps(kId).value();
                       return absl::OkStatus();
                     })
                  .ok());
  ASSERT_THAT(gaps, SizeIs(1));
  EXPECT_EQ(gaps[0].range, (SequenceInterval{3, 9}));
  EXPECT_EQ(gaps[0].cause, v1::GapDeclaration::SPOOL_FULL);
  EXPECT_EQ(gaps[0].sample_count, 21u);
  EXPECT_EQ(gaps[0].from_time, clock.WallNow() - absl::Minutes(1));
}

}  // namespace
}  // namespace steward::collector
