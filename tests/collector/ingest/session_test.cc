#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SessionTest = IngestFixture;

TEST_F(SessionTest, WelcomesAKnownMachine) {
  agents.interval = absl::Seconds(30);
  agents.disabled_probes = {"sockets"};
  const TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  ASSERT_THAT(agent.taken, SizeIs(1));
  const v1::Welcome& welcome = agent.taken[0].welcome();
  EXPECT_EQ(welcome.policy().interval().seconds(), 30);
  EXPECT_THAT(welcome.policy().disabled_probes(), ElementsAre("sockets"));
  EXPECT_GT(welcome.window_batches(), 0u);
  EXPECT_EQ(welcome.wall_ms(), TestEpoch::kAnchorWallMs);
  EXPECT_EQ(welcome.certificate_renew_time().seconds(), TestEpoch::kAnchorWallMs / 1000 + 50 * 86400);
  EXPECT_THAT(sink.events, ElementsAre("connected desk 192.0.2.7"));
  EXPECT_EQ(registry.Find(kId)->operating_system, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(registry.Find(kId)->address, "192.0.2.7");
}

TEST_F(SessionTest, GivesEachClassItsOwnInterval) {
  agents.by_class["desktop"].interval = absl::Minutes(1);
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  EXPECT_EQ(agent.taken.at(0).welcome().policy().interval().seconds(), 60);
  EXPECT_EQ(registry.Find(kId)->interval, absl::Minutes(1));
}

TEST_F(SessionTest, StoresABatchAndThenTellsTheSinksAndTheAgent) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  Say(agent, epoch.Batch(1));
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 1}));
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-1"));
  ASSERT_THAT(sink.observations, SizeIs(1));
  const Observation& observation = sink.observations[0];
  EXPECT_EQ(observation.machine->instance, "desk");
  EXPECT_EQ(observation.time, absl::FromUnixMillis(TestEpoch::kAnchorWallMs + 1000));
  EXPECT_EQ(observation.arrival_time, clock.WallNow());
  EXPECT_TRUE(observation.newest);
  ASSERT_THAT(observation.groups, SizeIs(1));
  ASSERT_THAT(observation.groups[0].values, SizeIs(3));
  EXPECT_EQ(observation.groups[0].values[2].value, 3);
  EXPECT_EQ(observation.descriptors->Series(3)->metric(), "test_value");
  EXPECT_EQ(registry.Find(kId)->last_seen_time, observation.time);
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_samples_total 3"));
}

TEST_F(SessionTest, TellsWhatOfTheHeldEpochsIsCommittedAlready) {
  TestEpoch epoch(7);
  FakeTransport& first = ConnectAndGreet(epoch);
  Say(first, epoch.Descriptors());
  Say(first, epoch.Segment(4));
  for (const std::uint64_t sequence : {4, 5, 6}) Say(first, epoch.Batch(sequence));
  first.session->OnLost();
  FakeTransport& second = ConnectAndGreet(epoch);
  const v1::Welcome& welcome = second.taken.at(0).welcome();
  ASSERT_EQ(welcome.committed_size(), 1);
  EXPECT_EQ(welcome.committed(0).epoch(), 7u);
  ASSERT_EQ(welcome.committed(0).ranges_size(), 1);
  EXPECT_EQ(welcome.committed(0).ranges(0).first(), 4u);
  EXPECT_EQ(welcome.committed(0).ranges(0).last(), 6u);
}

TEST_F(SessionTest, AcknowledgesASegmentThatComesAgainAndStoresOnlyWhatIsNew) {
  TestEpoch epoch(7);
  FakeTransport& first = ConnectAndGreet(epoch);
  Say(first, epoch.Descriptors());
  Say(first, epoch.Segment(1));
  for (const std::uint64_t sequence : {1, 2}) Say(first, epoch.Batch(sequence));
  first.session->OnLost();
  FakeTransport& second = ConnectAndGreet(epoch);
  Say(second, epoch.Descriptors());
  Say(second, epoch.Segment(1));
  for (const std::uint64_t sequence : {1, 2, 3}) Say(second, epoch.Batch(sequence));
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 3}));
  EXPECT_THAT(Committed(second), ElementsAre("7:1-1", "7:2-2", "7:3-3"));
  EXPECT_THAT(sink.observations, SizeIs(3)) << "a duplicate is not observed again";
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_duplicate_batches_total 2"));
}

TEST_F(SessionTest, RefusesAnotherPayloadUnderAKnownIdentity) {
  TestEpoch epoch(7);
  FakeTransport& first = ConnectAndGreet(epoch);
  Say(first, epoch.Descriptors());
  Say(first, epoch.Segment(1));
  Say(first, epoch.Batch(1));
  first.session->OnLost();
  FakeTransport& second = ConnectAndGreet(epoch);
  Say(second, epoch.Descriptors());
  Say(second, epoch.Segment(1));
  v1::AgentMessage other = epoch.Batch(9);
  other.mutable_batch()->set_sequence(1);
  Say(second, other);
  ASSERT_THAT(Refused(second), SizeIs(1));
  EXPECT_EQ(Refused(second)[0].cause(), v1::Refusal::CONFLICT);
  EXPECT_FALSE(second.finished.has_value());
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_refused_batches_total{cause=\"conflict\"} 1"));
}

TEST_F(SessionTest, TakesOldSegmentsAfterNewOnesWithoutCallingThemNewest) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(100));
  Say(agent, epoch.Batch(100));
  Say(agent, epoch.Segment(1));
  Say(agent, epoch.Batch(1));
  ASSERT_THAT(sink.observations, SizeIs(2));
  EXPECT_TRUE(sink.observations[0].newest);
  EXPECT_FALSE(sink.observations[1].newest);
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 1}, SequenceInterval{100, 100}));
}

TEST_F(SessionTest, HandsEventsOn) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  v1::AgentMessage batch = epoch.Batch(1);
  batch.mutable_batch()->add_events()->set_kind(v1::MachineEvent::AGENT_STARTED);
  Say(agent, batch);
  ASSERT_THAT(sink.observations, SizeIs(1));
  ASSERT_THAT(sink.observations[0].events, SizeIs(1));
  EXPECT_EQ(sink.observations[0].events[0].kind(), v1::MachineEvent::AGENT_STARTED);
}

TEST_F(SessionTest, RefusesWhatCannotBeDecodedAndTheRestOfItsSegmentButNotTheNextOne) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  Say(agent, epoch.Batch(1));
  v1::AgentMessage garbage = epoch.Batch(2);
  garbage.mutable_batch()->set_samples("garbage");
  Say(agent, garbage);
  Say(agent, epoch.Batch(3));
  Say(agent, epoch.Segment(4));
  Say(agent, epoch.Batch(4));
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 1}, SequenceInterval{4, 4}));
  ASSERT_THAT(Refused(agent), SizeIs(2));
  EXPECT_EQ(Refused(agent)[0].cause(), v1::Refusal::NOT_DECODABLE);
  EXPECT_EQ(Refused(agent)[0].range().first(), 2u);
  EXPECT_EQ(Refused(agent)[1].range().first(), 3u);
}

TEST_F(SessionTest, RefusesAPayloadOverTheLimit) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  v1::AgentMessage batch = epoch.Batch(1);
  batch.mutable_batch()->set_samples(std::string(wire::kPayloadBytesMax + 1, 'x'));
  Say(agent, batch);
  ASSERT_THAT(Refused(agent), SizeIs(1));
  EXPECT_EQ(Refused(agent)[0].cause(), v1::Refusal::OVER_LIMIT);
}

TEST_F(SessionTest, KeepsInventoryAndTellsItsDigestNextTime) {
  const TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  EXPECT_EQ(agent.taken.at(0).welcome().inventory_digest(), "");
  const v1::AgentMessage inventory = InventoryMessage({{"kernel", "6.1"}, {"name", "Debian"}});
  Say(agent, inventory);
  ASSERT_THAT(agent.taken, SizeIs(2));
  EXPECT_EQ(agent.taken[1].inventory().digest(), inventory.inventory().digest());
  agent.session->OnLost();
  FakeTransport& again = ConnectAndGreet(epoch);
  EXPECT_EQ(again.taken.at(0).welcome().inventory_digest(), inventory.inventory().digest());
}

TEST_F(SessionTest, RenewsACertificateForTheSameMachine) {
  MachineKey key = NewMachineKey();
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  v1::AgentMessage renew;
  renew.mutable_renew()->set_certificate_request_der(CertificateRequest(key));
  Say(agent, renew);
  ASSERT_THAT(agent.taken, SizeIs(2));
  const auto peer = VerifyPeer(PemFromDer(agent.taken[1].renewal().certificate_der()), authority, clock.WallNow(),
                               [this](const MachineId& id) { return registry.Find(id); });
  ASSERT_TRUE(peer.ok()) << peer.status();
  EXPECT_EQ(peer->machine_id, kId);
  EXPECT_EQ(registry.Find(kId)->certificate_expire_time, clock.WallNow() + absl::Hours(24 * 90));
}

TEST_F(SessionTest, FollowsARenamedHost) {
  FakeTransport& agent = Connect();
  Say(agent, TestEpoch(7).Hello(kId, "newname"));
  EXPECT_EQ(registry.Find(kId)->host_name, "newname");
  EXPECT_EQ(registry.Find(kId)->instance, "newname");
}

TEST_F(SessionTest, NamesASecondLiveMachineOfAHostNameApart) {
  AddMachine(kOtherId, "laptop");
  FakeTransport& agent = Connect(kOtherId);
  v1::AgentMessage hello = TestEpoch(7).Hello(kOtherId, "renamed");
  Say(agent, hello);
  agent.session->OnLost();
  FakeTransport& again = Connect(kOtherId);
  Say(again, TestEpoch(7).Hello(kOtherId, "desk"));
  EXPECT_EQ(registry.Find(kOtherId)->instance, "desk-99999999");
  EXPECT_EQ(registry.Find(kId)->instance, "desk");
}

TEST_F(SessionTest, TakesBackAMachineThatTheStoreForgot) {
  constexpr char kForgotten[] = "77777777-2222-4333-8444-555555555555";
  FakeTransport& agent = Connect(kForgotten);
  Say(agent, TestEpoch(7).Hello(kForgotten, "lost"));
  ASSERT_THAT(agent.taken, SizeIs(1));
  EXPECT_TRUE(agent.taken[0].has_welcome());
  ASSERT_NE(registry.Find(kForgotten), nullptr);
  EXPECT_EQ(registry.Find(kForgotten)->instance, "lost");
}

TEST_F(SessionTest, ServesOnlyTheNewerOfTwoStreamsOfAMachine) {
  FakeTransport& older = ConnectAndGreet(TestEpoch(7));
  FakeTransport& newer = ConnectAndGreet(TestEpoch(8));
  ExpectEnded(older, absl::StatusCode::kAborted, "only the newer one is served");
  EXPECT_FALSE(newer.finished.has_value());
  EXPECT_THAT(sink.events, ElementsAre("connected desk 192.0.2.7", "disconnected desk", "connected desk 192.0.2.7"));
  EXPECT_EQ(hub.session_count(), 1u);
}

TEST_F(SessionTest, EndsTheStreamOfAMachineThatIsRetired) {
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  registry.Retire(kId, AuditNote(), [](const absl::StatusOr<MachinePointer>& machine) { EXPECT_TRUE(machine.ok()); });
  Run();
  ExpectEnded(agent, absl::StatusCode::kPermissionDenied, "was retired");
  FakeTransport& again = Connect();
  Say(again, TestEpoch(7).Hello(kId));
  ExpectEnded(again, absl::StatusCode::kPermissionDenied, "was retired");
}

TEST_F(SessionTest, EndsTheStreamOfAMachineThatIsDeletedAndForgetsIt) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  Say(agent, epoch.Batch(1));
  storage.Hold();
  Say(agent, epoch.Batch(2));
  bool deleted = false;
  registry.Delete(kId, AuditNote(), [&](const absl::StatusOr<MachinePointer>& machine) {
    ASSERT_TRUE(machine.ok()) << machine.status();
    EXPECT_EQ((*machine)->instance, "desk");
    deleted = true;
  });
  storage.Release();
  Run();
  ASSERT_TRUE(deleted);
  ExpectEnded(agent, absl::StatusCode::kPermissionDenied, "steward-agent enroll TOKEN");
  EXPECT_EQ(sink.events.back(), "deleted desk");
  EXPECT_EQ(registry.Find(kId), nullptr);
  EXPECT_TRUE(Stored(7).empty());
  EXPECT_THAT(Metrics(), ::testing::Not(HasSubstr(kId)));
  FakeTransport& again = Connect();
  Say(again, epoch.Hello(kId));
  ExpectEnded(again, absl::StatusCode::kPermissionDenied, "was deleted on the collector");
  EXPECT_EQ(registry.Find(kId), nullptr) << "not taken back, as one that a restored collector does not know";
  const std::size_t before = sink.observations.size();
  hub.Deliver(sink.observations.front());
  EXPECT_EQ(sink.observations.size(), before) << "what became durable just before is told to nobody any more";
}

TEST_F(SessionTest, AnswersWhatIsUnderWayBeforeAHalfClosedStreamEnds) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  storage.Hold();
  Say(agent, epoch.Batch(1));
  agent.session->OnHalfClosed();
  Run();
  EXPECT_FALSE(agent.finished.has_value());
  storage.Release();
  Run();
  EXPECT_THAT(Committed(agent), ElementsAre("7:1-1"));
  ASSERT_TRUE(agent.finished.has_value());
  EXPECT_TRUE(agent.finished->ok());
}

TEST_F(SessionTest, HandsOnWhatBecomesDurableAfterTheStreamBroke) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  storage.Hold();
  Say(agent, epoch.Batch(1));
  agent.session->OnLost();
  agent.session.reset();
  storage.Release();
  Run();
  EXPECT_THAT(sink.observations, SizeIs(1));
  EXPECT_THAT(sink.events, ElementsAre("connected desk 192.0.2.7", "disconnected desk"));
}

TEST_F(SessionTest, EndsAllStreamsWhenTheCollectorStops) {
  FakeTransport& agent = ConnectAndGreet(TestEpoch(7));
  FakeTransport& waiting = Connect(kOtherId);
  hub.Stop(absl::UnavailableError("collector stopping"));
  ExpectEnded(agent, absl::StatusCode::kUnavailable, "collector stopping");
  ExpectEnded(waiting, absl::StatusCode::kUnavailable, "collector stopping");
  FakeTransport& late = Connect();
  ExpectEnded(late, absl::StatusCode::kUnavailable, "collector stopping");
  EXPECT_EQ(hub.session_count(), 0u);
}

TEST_F(SessionTest, EndsAStreamThatSaysNothing) {
  FakeTransport& agent = Connect();
  clock.Advance(absl::Seconds(31));
  Run();
  ExpectEnded(agent, absl::StatusCode::kDeadlineExceeded, "no Hello");
}

}  // namespace
}  // namespace steward::collector
