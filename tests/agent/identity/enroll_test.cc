#include "agent/identity/enroll.h"

#include <thread>

#include "agent/identity/collector_ca.h"
#include "agent/identity/machine_key.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/wire/enrollment_token.h"
#include "tests/support/fake_collector.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class EnrollTest : public testing::Test {
 protected:
  EnrollTest() {
    collector_.Start();
    machine_.set_host_name("host-1");
  }
  absl::StatusOr<Identity> Enroll(const v1::EnrollmentToken& token) {
    return EnrollMachine(token, machine_, "test", "", absl::Seconds(5));
  }
  static std::string Message(const absl::Status& status) { return std::string(status.message()); }

  FakeCollector collector_;
  v1::MachineIdentity machine_;
};

TEST_F(EnrollTest, ATokenBecomesAnIdentity) {
  const auto identity = Enroll(collector_.NewToken());
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->site, "office");
  EXPECT_EQ(identity->ca_pem, collector_.ca_pem());
  EXPECT_EQ(*CertificateCommonName(identity->certificate_pem), identity->machine_id);
  EXPECT_TRUE(CertificateMatchesKey(identity->certificate_pem, identity->key_pem));
  const auto requests = collector_.enrollments();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].identity().host_name(), "host-1");
  EXPECT_EQ(requests[0].secret(), std::string(32, 's'));
}

TEST_F(EnrollTest, AnotherCollectorIsRefusedAndGetsNothing) {
  v1::EnrollmentToken token = collector_.NewToken();
  token.set_ca_sha256(std::string(32, 'x'));
  const auto identity = Enroll(token);
  EXPECT_TRUE(absl::IsFailedPrecondition(identity.status()));
  EXPECT_THAT(Message(identity.status()), HasSubstr("this is not the collector the token was made for"));
  EXPECT_THAT(collector_.enrollments(), IsEmpty());
}

TEST_F(EnrollTest, DeadAndWrongAddressesArePassedOver) {
  FakeCollector other;
  other.Start();
  v1::EnrollmentToken token = collector_.NewToken();
  token.clear_addresses();
  for (const std::string& address : {std::string("127.0.0.1:1"), other.address(), collector_.address()}) {
    token.add_addresses(address);
  }
  EXPECT_TRUE(Enroll(token).ok());
  EXPECT_THAT(other.enrollments(), IsEmpty());
}

TEST_F(EnrollTest, NobodyThereIsSaidForEachAddress) {
  v1::EnrollmentToken token = collector_.NewToken();
  token.clear_addresses();
  token.add_addresses("127.0.0.1:1");
  token.add_addresses("not an address");
  const auto identity = Enroll(token);
  EXPECT_TRUE(absl::IsUnavailable(identity.status()));
  EXPECT_THAT(Message(identity.status()), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(Message(identity.status()), HasSubstr("not an address"));
}

TEST_F(EnrollTest, TheCollectorsRefusalIsPassedOnInItsWords) {
  FakeCollectorScript script;
  script.refuse_streams = absl::FailedPreconditionError("this token was used up; make a new one");
  collector_.SetScript(script);
  const auto identity = Enroll(collector_.NewToken());
  EXPECT_TRUE(absl::IsFailedPrecondition(identity.status()));
  EXPECT_THAT(Message(identity.status()), HasSubstr("this token was used up; make a new one"));
}

TEST_F(EnrollTest, WhatDoesNotSpeakTlsIsNamed) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  std::thread server([&] {
    boost::asio::ip::tcp::socket socket(io);
    acceptor.accept(socket);
    boost::asio::write(socket, boost::asio::buffer(std::string("HTTP/1.0 200 OK\r\n\r\n")));
    socket.close();
  });
  const std::string address = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  const auto ca = FetchCollectorCa(address, collector_.ca_sha256(), "", absl::Seconds(5));
  server.join();
  EXPECT_TRUE(absl::IsUnavailable(ca.status()));
  EXPECT_THAT(Message(ca.status()), HasSubstr(address));
}

TEST_F(EnrollTest, AServerThatSaysNothingCostsTheTimeoutAndNoMore) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string address = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  const auto ca = FetchCollectorCa(address, collector_.ca_sha256(), "", absl::Milliseconds(200));
  EXPECT_TRUE(absl::IsUnavailable(ca.status()));
  EXPECT_THAT(Message(ca.status()), HasSubstr("no answer in time"));
}

TEST_F(EnrollTest, AnAlteredOrExpiredTokenIsToldWithoutANetwork) {
  const v1::EnrollmentToken token = collector_.NewToken();
  const std::string text = wire::FormatEnrollmentToken(token);
  EXPECT_TRUE(ReadToken("  " + text + "\n", absl::Now()).ok());
  std::string altered = text;
  altered[20] = altered[20] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(absl::IsInvalidArgument(ReadToken(altered, absl::Now()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadToken(text.substr(0, 30), absl::Now()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadToken("hello", absl::Now()).status()));
  const auto expired = ReadToken(text, absl::Now() + absl::Hours(2));
  EXPECT_TRUE(absl::IsFailedPrecondition(expired.status()));
  EXPECT_THAT(Message(expired.status()), HasSubstr("expired"));
  EXPECT_THAT(Message(expired.status()), HasSubstr("stewardctl token create"));
  v1::EnrollmentToken nowhere = token;
  nowhere.clear_addresses();
  EXPECT_FALSE(ReadToken(wire::FormatEnrollmentToken(nowhere), absl::Now()).ok());
}

TEST(SplitAddressTest, TakesHostAndPort) {
  std::string host;
  std::string port;
  EXPECT_TRUE(SplitAddress("collector.example:7443", host, port));
  EXPECT_EQ(host, "collector.example");
  EXPECT_EQ(port, "7443");
  EXPECT_TRUE(SplitAddress("[2001:db8::1]:7443", host, port));
  EXPECT_EQ(host, "2001:db8::1");
  for (const char* bad : {"", "host", "host:", ":7443", "2001:db8::1:7443x", "::1:7443", "host:port", "host:123456"}) {
    EXPECT_FALSE(SplitAddress(bad, host, port)) << bad;
  }
}

}  // namespace
}  // namespace steward::agent
