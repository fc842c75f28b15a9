// Two machines with one identity, machines that were set back, certificates past their end.
#include "collector/ingest/limits.h"
#include "proto/wire/sha256.h"
#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

class IdentityTest : public IngestFixture {
 protected:
  FakeTransport& Greet(std::uint64_t epoch, const std::string& boot_id) {
    FakeTransport& agent = Connect();
    v1::AgentMessage hello = TestEpoch(epoch).Hello(kId);
    hello.mutable_hello()->set_boot_id(boot_id);
    Say(agent, hello);
    return agent;
  }
};

TEST_F(IdentityTest, MachinesThatTakeTheStreamFromEachOtherAreTwo) {
  Greet(7, "boot-a");
  Greet(8, "boot-b");
  Greet(7, "boot-a");
  FakeTransport& kept = transports.back();
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_identity_conflicts_total 0")) << "once may be a machine that was set back";
  FakeTransport& copy = Greet(8, "boot-b");
  ExpectEnded(copy, absl::StatusCode::kPermissionDenied, "one is a copy of the other");
  EXPECT_FALSE(kept.finished.has_value());
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_identity_conflicts_total 1"));
  ExpectEnded(Greet(8, "boot-b"), absl::StatusCode::kPermissionDenied, "Enrol this one anew");
  EXPECT_FALSE(kept.finished.has_value()) << "kept apart from now on";
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_identity_conflicts_total 1"));
}

TEST_F(IdentityTest, TellsWhoTheTwoAreAtEveryTryOfTheCopy) {
  const auto greet = [&](std::uint64_t epoch, const std::string& host) -> FakeTransport& {
    FakeTransport& agent = Connect();
    v1::AgentMessage hello = TestEpoch(epoch).Hello(kId);
    hello.mutable_hello()->mutable_identity()->set_host_name(host);
    hello.mutable_hello()->mutable_identity()->set_hardware_fingerprint("hardware of " + host);
    Say(agent, hello);
    return agent;
  };
  for (int round = 0; round < 2; ++round) {
    greet(7, "original");
    greet(8, "copy");
  }
  ASSERT_EQ(sink.conflicts.size(), 1u);
  EXPECT_EQ(sink.conflicts[0].time, clock.WallNow());
  EXPECT_EQ(sink.conflicts[0].first.host_name, "original");
  EXPECT_EQ(sink.conflicts[0].first.hardware_fingerprint, "hardware of original");
  EXPECT_EQ(sink.conflicts[0].first.address, "192.0.2.7");
  EXPECT_EQ(sink.conflicts[0].second.host_name, "copy");
  EXPECT_EQ(sink.conflicts[0].second.hardware_fingerprint, "hardware of copy");
  greet(8, "copy");
  EXPECT_EQ(sink.conflicts.size(), 2u) << "refused, and still a sign that there are two";
  greet(7, "original");
  EXPECT_EQ(sink.conflicts.size(), 2u) << "who has the identity may connect again";
}

TEST_F(IdentityTest, AMachineThatStartsOftenIsOne) {
  for (std::uint64_t i = 1; i < 30; ++i) {
    FakeTransport& agent = Greet(i, "boot-" + std::to_string(i / 3));
    EXPECT_FALSE(agent.finished.has_value());
    Greet(i, "boot-" + std::to_string(i / 3));
  }
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_identity_conflicts_total 0"));
}

TEST_F(IdentityTest, TellsTheMarkOfEachEpochAndNoticesAnother) {
  TestEpoch epoch(7);
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  Say(agent, epoch.Segment(1));
  const v1::AgentMessage first = epoch.Batch(1);
  Say(agent, first);
  FakeTransport& again = Connect();
  v1::AgentMessage hello = epoch.Hello(kId);
  hello.mutable_hello()->mutable_committed()->set_epoch(7);
  hello.mutable_hello()->mutable_committed()->set_sequence(1);
  hello.mutable_hello()->mutable_committed()->set_payload_sha256(wire::Sha256(first.batch().samples()));
  Say(again, hello);
  const v1::CommittedMark& mark = again.taken.at(0).welcome().committed(0).mark();
  EXPECT_EQ(mark.sequence(), 1u);
  EXPECT_EQ(mark.payload_sha256(), wire::Sha256(first.batch().samples()));
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_machines_set_back_total 0"));
  hello.mutable_hello()->mutable_committed()->set_payload_sha256(wire::Sha256("something else"));
  Say(Connect(), hello);
  EXPECT_THAT(Metrics(), HasSubstr("steward_ingest_machines_set_back_total 1"));
  hello.mutable_hello()->set_epoch(8);  // it was started anew; 7 is still held
  FakeTransport& later = Connect();
  Say(later, hello);
  ASSERT_EQ(later.taken.at(0).welcome().committed_size(), 1);
  EXPECT_EQ(later.taken.at(0).welcome().committed(0).epoch(), 7u);
  EXPECT_EQ(later.taken.at(0).welcome().committed(0).mark().payload_sha256(), wire::Sha256(first.batch().samples()));
}

TEST_F(IdentityTest, AnExpiredCertificateIsGoodOnTheSameHardwareOnly) {
  const auto connect = [&](const std::string& hardware) -> FakeTransport& {
    FakeTransport& agent = transports.emplace_back();
    VerifiedPeer peer{kId, clock.WallNow() - absl::Hours(24 * 100)};
    peer.expired = true;
    agent.session = hub.Open(peer, "192.0.2.7", agent);
    v1::AgentMessage hello = TestEpoch(7).Hello(kId);
    hello.mutable_hello()->mutable_identity()->set_hardware_fingerprint(hardware);
    Say(agent, hello);
    return agent;
  };
  ExpectEnded(connect("hardware-1"), absl::StatusCode::kUnauthenticated, "not known to be the hardware");
  FakeTransport& known = Connect();
  v1::AgentMessage hello = TestEpoch(7).Hello(kId);
  hello.mutable_hello()->mutable_identity()->set_hardware_fingerprint("hardware-1");
  Say(known, hello);
  ExpectEnded(connect("hardware-2"), absl::StatusCode::kUnauthenticated, "has expired");
  ExpectEnded(connect(""), absl::StatusCode::kUnauthenticated, "has expired");
  FakeTransport& back = connect("hardware-1");
  ASSERT_FALSE(back.finished.has_value());
  EXPECT_LT(back.taken.at(0).welcome().certificate_renew_time().seconds(), absl::ToUnixSeconds(clock.WallNow()))
      << "it asks for a new one at once";
}

}  // namespace
}  // namespace steward::collector
