// Messages that must not come, or not then: the stream ends with words, the collector goes on.
#include "collector/ingest/limits.h"
#include "tests/collector/ingest/ingest_fixture.h"

namespace steward::collector {
namespace {

using ::testing::ElementsAre;

class SessionOrderTest : public IngestFixture {
 protected:
  // After Hello, descriptors and the segment that begins at 1.
  FakeTransport& InSegment() {
    FakeTransport& agent = ConnectAndGreet(epoch);
    Say(agent, epoch.Descriptors());
    Say(agent, epoch.Segment(1));
    return agent;
  }
  void ExpectInvalid(FakeTransport& agent, v1::AgentMessage message, const std::string& words) {
    Say(agent, std::move(message));
    ExpectEnded(agent, absl::StatusCode::kInvalidArgument, words);
    EXPECT_EQ(hub.session_count(), 0u);
  }

  TestEpoch epoch{7};
};

TEST_F(SessionOrderTest, AnythingBeforeHello) {
  ExpectInvalid(Connect(), epoch.Descriptors(), "first message must be Hello");
  ExpectInvalid(Connect(), v1::AgentMessage(), "first message must be Hello");
}

TEST_F(SessionOrderTest, ASecondHello) { ExpectInvalid(ConnectAndGreet(epoch), epoch.Hello(kId), "second Hello"); }

TEST_F(SessionOrderTest, AnEmptyMessage) { ExpectInvalid(ConnectAndGreet(epoch), v1::AgentMessage(), "without content"); }

TEST_F(SessionOrderTest, HelloOfAnotherMachine) {
  FakeTransport& agent = Connect();
  Say(agent, epoch.Hello(kOtherId));
  ExpectEnded(agent, absl::StatusCode::kPermissionDenied, "a machine writes only its own data");
}

TEST_F(SessionOrderTest, AProtocolThatIsNotSpoken) {
  FakeTransport& agent = Connect();
  v1::AgentMessage hello = epoch.Hello(kId);
  hello.mutable_hello()->set_protocol(9);
  Say(agent, hello);
  ExpectEnded(agent, absl::StatusCode::kFailedPrecondition, "the agent speaks protocol 9");
}

TEST_F(SessionOrderTest, HelloWithUnusableFields) {
  v1::AgentMessage hello = epoch.Hello(kId);
  hello.mutable_hello()->set_epoch(0);
  ExpectInvalid(Connect(), hello, "epoch is 0");
  ExpectInvalid(Connect(), epoch.Hello(kId, ""), "host_name is empty");
  ExpectInvalid(Connect(), epoch.Hello(kId, "a\nb"), "control characters");
  ExpectInvalid(Connect(), epoch.Hello(kId, std::string(300, 'a')), "at most 253 bytes");
  hello = epoch.Hello(kId);
  hello.mutable_hello()->mutable_identity()->set_class_("toaster");
  ExpectInvalid(Connect(), hello, "server, desktop or laptop");
}

TEST_F(SessionOrderTest, ABatchWithoutASegment) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  epoch.Segment(1);
  ExpectInvalid(agent, epoch.Batch(1), "batch 1 without a segment");
}

TEST_F(SessionOrderTest, ABatchOutOfOrder) {
  FakeTransport& agent = InSegment();
  Say(agent, epoch.Batch(1));
  ExpectInvalid(agent, epoch.Batch(3), "batch 3 where 2 of its segment is due");
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 1}));
}

TEST_F(SessionOrderTest, ASegmentWhoseDescriptorsNeverCame) {
  ExpectInvalid(ConnectAndGreet(epoch), epoch.Segment(1), "descriptors were not sent");
}

TEST_F(SessionOrderTest, ASegmentWithAnImpossibleAnchor) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  v1::AgentMessage segment = epoch.Segment(1);
  segment.mutable_segment()->set_anchor_wall_ms(INT64_MAX);
  ExpectInvalid(agent, segment, "outside the years 1970 to 9999");
}

TEST_F(SessionOrderTest, ASegmentFromSequenceZeroOrBeyondAll) {
  for (const std::uint64_t first : {std::uint64_t{0}, UINT64_MAX}) {
    FakeTransport& agent = ConnectAndGreet(epoch);
    Say(agent, epoch.Descriptors());
    ExpectInvalid(agent, epoch.Segment(first), "first_sequence");
  }
}

TEST_F(SessionOrderTest, DescriptorsThatContradictThemselves) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, epoch.Descriptors());
  v1::AgentMessage other = epoch.Descriptors();
  other.mutable_descriptors()->mutable_series(0)->set_metric("another_metric");
  ExpectInvalid(agent, other, "");
}

TEST_F(SessionOrderTest, DescriptorsThatContradictTheStore) {
  FakeTransport& first = InSegment();
  Say(first, epoch.Batch(1));
  first.session->OnLost();
  FakeTransport& agent = ConnectAndGreet(epoch);
  v1::AgentMessage other = epoch.Descriptors();
  other.mutable_descriptors()->mutable_series(0)->set_metric("another_metric");
  Say(agent, other);
  Say(agent, epoch.Segment(2));
  ExpectInvalid(agent, epoch.Batch(2), "");
  EXPECT_THAT(Stored(7), ElementsAre(SequenceInterval{1, 1}));
}

TEST_F(SessionOrderTest, AnInventoryWhoseDigestIsWrong) {
  v1::AgentMessage inventory = InventoryMessage({{"kernel", "6.1"}});
  inventory.mutable_inventory()->mutable_facts(0)->set_value("6.2");
  ExpectInvalid(ConnectAndGreet(epoch), inventory, "digest");
}

TEST_F(SessionOrderTest, AnInventoryWithAFactTwice) {
  ExpectInvalid(ConnectAndGreet(epoch), InventoryMessage({{"kernel", "6.1"}, {"kernel", "6.1"}}), "is there twice");
}

TEST_F(SessionOrderTest, AnInventoryOverTheLimit) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  Say(agent, InventoryMessage({{"kernel", std::string(kFactBytesMax, 'x')}}));
  ExpectEnded(agent, absl::StatusCode::kResourceExhausted, "is larger than");
}

TEST_F(SessionOrderTest, AGapThatIsNone) {
  v1::AgentMessage gap;
  gap.mutable_gap()->set_epoch(7);
  gap.mutable_gap()->mutable_range()->set_first(5);
  gap.mutable_gap()->mutable_range()->set_last(4);
  ExpectInvalid(ConnectAndGreet(epoch), gap, "gap");
}

TEST_F(SessionOrderTest, ARenewalWithoutARequest) {
  v1::AgentMessage renew;
  renew.mutable_renew()->set_certificate_request_der("nonsense");
  ExpectInvalid(ConnectAndGreet(epoch), renew, "not PKCS #10");
}

TEST_F(SessionOrderTest, RenewalsWithoutEnd) {
  MachineKey key = NewMachineKey();
  v1::AgentMessage renew;
  renew.mutable_renew()->set_certificate_request_der(CertificateRequest(key));
  FakeTransport& agent = ConnectAndGreet(epoch);
  for (int i = 0; i < kRenewalsPerStreamMax; ++i) Say(agent, renew);
  EXPECT_FALSE(agent.finished.has_value());
  Say(agent, renew);
  ExpectEnded(agent, absl::StatusCode::kResourceExhausted, "renewals");
}

TEST_F(SessionOrderTest, AMessageAfterTheEndIsIgnored) {
  FakeTransport& agent = ConnectAndGreet(epoch);
  agent.session->End(absl::UnavailableError("over"));
  agent.wants_read = false;
  agent.session->OnMessage(epoch.Descriptors());
  agent.session->OnHalfClosed();
  agent.session->OnSent();
  Run();
  ExpectEnded(agent, absl::StatusCode::kUnavailable, "over");
}

}  // namespace
}  // namespace steward::collector
