// The agents' port for real: gRPC, TLS, certificates of every kind, on the loopback.
#include "collector/ingest/uplink_server.h"

#include <openssl/ssl.h>

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/clock.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "collector/identity/token_service.h"
#include "collector/ingest/limits.h"
#include "collector/storage/memory/memory_storage.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "proto/wire/enrollment_token.h"
#include "steward/v1/enrollment.grpc.pb.h"
#include "steward/v1/uplink.grpc.pb.h"
#include "tests/support/machine_key.h"
#include "tests/support/test_agent.h"

namespace steward::collector {
namespace {

using ::testing::HasSubstr;

class MovableClock final : public Clock {
 public:
  absl::Time WallNow() const override { return system_->WallNow() + absl::Milliseconds(offset_ms_.load()); }
  absl::Duration BootNow() const override { return system_->BootNow(); }
  std::unique_ptr<Timer> NewTimer(boost::asio::any_io_executor executor) override { return system_->NewTimer(executor); }
  void Move(absl::Duration by) { offset_ms_ += absl::ToInt64Milliseconds(by); }

 private:
  const std::unique_ptr<Clock> system_ = NewSystemClock();
  std::atomic<std::int64_t> offset_ms_ = 0;
};

struct Identity {
  std::string machine_id;
  std::string key_pem;
  std::string certificate_pem;
};

class UplinkServerTest : public ::testing::Test {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::AgentMessage, v1::CollectorMessage>;

  static void SetUpTestSuite() { AllowOnlyTls13(); }

  void SetUp() override {
    auto started = UplinkServer::Start({"127.0.0.1", 0}, {io.get_executor(), clock, authority, registry, enrollment, hub, metrics});
    ASSERT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
    tokens.SetDefaultAddresses({server->address().ToString()});
  }

  void TearDown() override {
    contexts.clear();
    boost::asio::post(io, [this] { hub.Stop(absl::UnavailableError("collector stopping")); });
    server->Stop(absl::Seconds(2));
    storage->WriteAndWait([](StorageTransaction&) { return absl::OkStatus(); }).IgnoreError();
    work.reset();
    core.join();
  }

  v1::EnrollmentToken NewToken(std::uint32_t uses = 1, absl::Duration expires = absl::Hours(1)) {
    v1::CreateEnrollmentTokenRequest request;
    request.set_uses(uses);
    request.set_site("office");
    request.mutable_expires()->set_seconds(absl::ToInt64Seconds(expires));
    std::promise<v1::CreateEnrollmentTokenResponse> made;
    tokens.CreateEnrollmentToken(request, "me", [&](auto response) { made.set_value(response.value()); });
    const v1::CreateEnrollmentTokenResponse response = made.get_future().get();
    last_token_id = response.record().id();
    return wire::ParseEnrollmentToken(response.token()).value();
  }

  std::shared_ptr<grpc::Channel> Dial(const std::string& key = "", const std::string& certificate = "") {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = authority.certificate_pem();
    tls.pem_private_key = key;
    tls.pem_cert_chain = certificate;
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("steward-collector");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server->address().ToString(), grpc::SslCredentials(tls), arguments);
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }

  grpc::Status Enroll(const std::string& secret, Identity& identity, const std::string& host_name = "desk") {
    MachineKey key = NewMachineKey();
    v1::EnrollRequest request;
    request.set_secret(secret);
    request.set_certificate_request_der(CertificateRequest(key));
    request.mutable_identity()->set_host_name(host_name);
    request.mutable_identity()->set_class_("laptop");
    v1::EnrollResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status status = v1::Enrollment::NewStub(Dial())->Enroll(&context, request, &response);
    if (status.ok()) {
      EXPECT_EQ(response.ca_certificate_der(), authority.certificate_der());
      identity = {response.machine_id(), key.key_pem, PemFromDer(response.certificate_der())};
    }
    return status;
  }

  Identity Enrolled(const std::string& host_name = "desk") {
    Identity identity;
    const grpc::Status status = Enroll(NewToken().secret(), identity, host_name);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return identity;
  }

  // A stream on a channel of its own; kept until the test ends.
  struct Agent {
    std::unique_ptr<v1::AgentUplink::Stub> stub;
    grpc::ClientContext context;
    std::unique_ptr<Stream> stream;
  };
  Agent& Connect(const std::string& key = "", const std::string& certificate = "") {
    Agent& agent = *contexts.emplace_back(std::make_unique<Agent>());
    agent.stub = v1::AgentUplink::NewStub(Dial(key, certificate));
    SetDeadline(agent.context);
    agent.stream = agent.stub->Connect(&agent.context);
    return agent;
  }

  grpc::Status Refusal(const std::string& key, const std::string& certificate) {
    Agent& agent = Connect(key, certificate);
    agent.stream->Write(TestEpoch(7).Hello("anything"));
    v1::CollectorMessage message;
    while (agent.stream->Read(&message)) ADD_FAILURE() << message.ShortDebugString();
    return agent.stream->Finish();
  }

  void ExpectRefused(const grpc::Status& status, grpc::StatusCode code, const std::string& words) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(words));
  }

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  MovableClock clock;
  TemporaryDirectory directory;
  CertificateAuthority authority = CertificateAuthority::OpenOrCreate(directory.path(), SystemRandom()).value();
  std::unique_ptr<Storage> storage = NewMemoryStorage();
  prometheus::Registry prometheus_registry;
  IngestMetrics metrics{prometheus_registry};
  AgentsConfig agents;
  MachineRegistry registry{*storage, io.get_executor()};
  TokenService tokens{*storage, clock, SystemRandom(), authority.certificate_sha256()};
  EnrollmentService enrollment{authority, registry, clock, SystemRandom(), [](const std::string&) { return absl::Seconds(15); }};
  SessionHub hub{{*storage, clock, io.get_executor(), authority, registry, metrics, agents, {}, "0.1.0"}};
  std::thread core{[this] { io.run(); }};
  std::unique_ptr<UplinkServer> server;
  std::vector<std::unique_ptr<Agent>> contexts;
  std::string last_token_id;
};

TEST_F(UplinkServerTest, EnrolsAMachineAndTakesItsSamples) {
  const v1::EnrollmentToken token = NewToken();
  EXPECT_THAT(token.addresses(), ::testing::ElementsAre(server->address().ToString()));
  EXPECT_EQ(token.ca_sha256(), authority.certificate_sha256());
  Identity identity;
  ASSERT_TRUE(Enroll(token.secret(), identity).ok());
  EXPECT_EQ(registry.Find(identity.machine_id)->site, "office");
  EXPECT_EQ(registry.Find(identity.machine_id)->machine_class, "laptop");

  Agent& agent = Connect(identity.key_pem, identity.certificate_pem);
  TestEpoch epoch(7);
  agent.stream->Write(epoch.Hello(identity.machine_id));
  v1::CollectorMessage message;
  ASSERT_TRUE(agent.stream->Read(&message));
  EXPECT_TRUE(message.has_welcome());
  agent.stream->Write(epoch.Descriptors());
  agent.stream->Write(epoch.Segment(1));
  for (std::uint64_t sequence = 1; sequence <= 200; ++sequence) agent.stream->Write(epoch.Batch(sequence));
  agent.stream->WritesDone();
  std::uint64_t last = 0;
  while (agent.stream->Read(&message)) {
    for (const v1::SequenceRange& range : message.acknowledgement().committed()) {
      EXPECT_EQ(range.first(), last + 1);
      last = range.last();
    }
  }
  EXPECT_EQ(last, 200u);
  EXPECT_TRUE(agent.stream->Finish().ok());
  EXPECT_EQ(registry.Find(identity.machine_id)->address, "127.0.0.1");
}

TEST_F(UplinkServerTest, NamesASecondMachineOfOneHostNameApart) {
  const Identity first = Enrolled("twin");
  const Identity second = Enrolled("twin");
  EXPECT_EQ(registry.Find(first.machine_id)->instance, "twin");
  EXPECT_EQ(registry.Find(second.machine_id)->instance, "twin-" + second.machine_id.substr(0, 8));
}

TEST_F(UplinkServerTest, RefusesTokensEachInItsOwnWords) {
  Identity identity;
  ExpectRefused(Enroll(std::string(32, 'x'), identity), grpc::UNAUTHENTICATED, "not known here");
  ExpectRefused(Enroll("", identity), grpc::UNAUTHENTICATED, "not known here");
  const v1::EnrollmentToken used = NewToken(2);
  EXPECT_TRUE(Enroll(used.secret(), identity).ok());
  EXPECT_TRUE(Enroll(used.secret(), identity).ok());
  ExpectRefused(Enroll(used.secret(), identity), grpc::FAILED_PRECONDITION, "used already (2 of 2 uses)");
  const v1::EnrollmentToken expired = NewToken(1, absl::Minutes(1));
  clock.Move(absl::Minutes(2));
  ExpectRefused(Enroll(expired.secret(), identity), grpc::FAILED_PRECONDITION, "expired on");
  const v1::EnrollmentToken revoked = NewToken();
  std::promise<absl::Status> done;
  tokens.RevokeToken(last_token_id, "me", [&](const auto& response) { done.set_value(response.status()); });
  ASSERT_TRUE(done.get_future().get().ok());
  ExpectRefused(Enroll(revoked.secret(), identity), grpc::PERMISSION_DENIED, "was revoked");
}

TEST_F(UplinkServerTest, DoesNotCountAUseForARequestThatIsNotUsable) {
  const v1::EnrollmentToken token = NewToken();
  v1::EnrollRequest request;
  request.set_secret(token.secret());
  request.mutable_identity()->set_host_name("desk");
  request.set_certificate_request_der("nonsense");
  v1::EnrollResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  ExpectRefused(v1::Enrollment::NewStub(Dial())->Enroll(&context, request, &response), grpc::INVALID_ARGUMENT, "not PKCS #10");
  Identity identity;
  EXPECT_TRUE(Enroll(token.secret(), identity).ok());
}

TEST_F(UplinkServerTest, RefusesEveryKindOfBadCertificateInWords) {
  const Identity good = Enrolled();
  ExpectRefused(Refusal("", ""), grpc::UNAUTHENTICATED, "no certificate");

  const TemporaryDirectory elsewhere;
  const auto other = CertificateAuthority::OpenOrCreate(elsewhere.path(), SystemRandom());
  MachineKey key = NewMachineKey();
  const auto foreign = other->SignMachine(CertificateRequest(key), good.machine_id, clock.WallNow());
  ExpectRefused(Refusal(key.key_pem, PemFromDer(foreign->der)), grpc::UNAUTHENTICATED, "not signed by this collector");

  const auto expired = authority.SignMachine(CertificateRequest(key), good.machine_id, clock.WallNow() - absl::Hours(24 * 491));
  ExpectRefused(Refusal(key.key_pem, PemFromDer(expired->der)), grpc::UNAUTHENTICATED, "expired on");

  ExpectRefused(Refusal(good.key_pem, good.certificate_pem), grpc::PERMISSION_DENIED, "a machine writes only its own data");

  std::promise<void> retired;
  registry.Retire(good.machine_id, AuditNote(), [&](const auto&) { retired.set_value(); });
  retired.get_future().get();
  ExpectRefused(Refusal(good.key_pem, good.certificate_pem), grpc::PERMISSION_DENIED, "was retired");
}

TEST_F(UplinkServerTest, EnrolsAlsoWhoPresentsABadCertificate) {
  const TemporaryDirectory elsewhere;
  const auto other = CertificateAuthority::OpenOrCreate(elsewhere.path(), SystemRandom());
  MachineKey key = NewMachineKey();
  const auto foreign = other->SignMachine(CertificateRequest(key), "11111111-2222-4333-8444-555555555555", clock.WallNow());
  v1::EnrollRequest request;
  request.set_secret(NewToken().secret());
  request.mutable_identity()->set_host_name("desk");
  request.set_certificate_request_der(CertificateRequest(key));
  v1::EnrollResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stub = v1::Enrollment::NewStub(Dial(key.key_pem, PemFromDer(foreign->der)));
  EXPECT_TRUE(stub->Enroll(&context, request, &response).ok()) << "a machine that moved here from another collector";
}

TEST_F(UplinkServerTest, EndsTheOlderOfTwoStreams) {
  const Identity identity = Enrolled();
  v1::CollectorMessage message;
  Agent& older = Connect(identity.key_pem, identity.certificate_pem);
  older.stream->Write(TestEpoch(7).Hello(identity.machine_id));
  ASSERT_TRUE(older.stream->Read(&message));
  Agent& newer = Connect(identity.key_pem, identity.certificate_pem);
  newer.stream->Write(TestEpoch(8).Hello(identity.machine_id));
  ASSERT_TRUE(newer.stream->Read(&message));
  EXPECT_FALSE(older.stream->Read(&message));
  ExpectRefused(older.stream->Finish(), grpc::ABORTED, "only the newer one is served");
}

TEST_F(UplinkServerTest, AnswersGarbageInWords) {
  const Identity identity = Enrolled();
  grpc::GenericStub stub(Dial(identity.key_pem, identity.certificate_pem));
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, "/steward.v1.AgentUplink/Connect", &queue);
  void* tag = nullptr;
  bool ok = false;
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  grpc::Slice slice("\xff\xff\xff\xff garbage");
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  queue.Next(&tag, &ok);
  grpc::Status status;
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  ExpectRefused(status, grpc::INVALID_ARGUMENT, "is no AgentMessage");
}

TEST_F(UplinkServerTest, RefusesAMessageOverTheLimit) {
  const Identity identity = Enrolled();
  Agent& agent = Connect(identity.key_pem, identity.certificate_pem);
  v1::AgentMessage message;
  message.mutable_batch()->set_samples(std::string(kMessageBytesMax + 1, 'x'));
  agent.stream->Write(message);
  v1::CollectorMessage answer;
  EXPECT_FALSE(agent.stream->Read(&answer));
  ExpectRefused(agent.stream->Finish(), grpc::RESOURCE_EXHAUSTED, "larger than max");
}

TEST_F(UplinkServerTest, NamesAPortThatIsTaken) {
  const auto second =
      UplinkServer::Start(server->address(), {io.get_executor(), clock, authority, registry, enrollment, hub, metrics});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server->address().ToString() + ": the port is in use"));
}

// Handshakes with OpenSSL itself; returns the version agreed on, or nothing.
std::string Handshake(std::uint16_t port, int version_max) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), version_max);
  BIO* bio = BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str());
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  const unsigned char protocols[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), protocols, sizeof protocols);
  SSL_set_bio(ssl.get(), bio, bio);
  if (BIO_do_connect(bio) != 1 || SSL_connect(ssl.get()) != 1) return "";
  return SSL_get_version(ssl.get());
}

TEST_F(UplinkServerTest, SpeaksTls13AndNothingOlder) {
  const std::uint16_t port = server->address().port;
  EXPECT_EQ(Handshake(port, TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(Handshake(port, TLS1_2_VERSION), "");
}

TEST(PeerHost, IsTheAddressWithoutSchemeAndPort) {
  EXPECT_EQ(PeerHost("ipv4:192.0.2.1:5000"), "192.0.2.1");
  EXPECT_EQ(PeerHost("ipv6:%5B2001:db8::1%5D:5000"), "2001:db8::1");
  EXPECT_EQ(PeerHost("ipv6:[::1]:5000"), "::1");
  EXPECT_EQ(PeerHost("odd"), "odd");
}

}  // namespace
}  // namespace steward::collector
