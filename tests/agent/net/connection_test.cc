// A service is asked step by step, each within the deadline, whatever it answers or does not.
#include "agent/net/connection.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "base/text.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

constexpr absl::Duration kPlenty = absl::Seconds(20);
constexpr absl::Duration kShort = absl::Milliseconds(300);
constexpr long kCertificateSeconds = 86400;

// With a certificate for "service.example" that nobody vouches for.
asio::ssl::context SelfSigned() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kCertificateSeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("service.example"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX_use_certificate(context.native_handle(), certificate);
  SSL_CTX_use_PrivateKey(context.native_handle(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

// Takes one connection, reads a request and says `answer`; an empty one: says nothing until the other side has gone.
class Service {
 public:
  explicit Service(std::string answer, bool secured = false)
      : answer_(std::move(answer)), thread_([this, secured] { secured ? ServeSecured() : ServePlain(); }) {}
  ~Service() { thread_.join(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  std::string port() const { return StrCat(port_); }
  std::string Request() {  // what was asked; once the connection is over
    thread_.join();
    thread_ = std::thread([] {});
    return request_;
  }

 private:
  void ServePlain() {
    tcp::socket socket = acceptor_.accept();
    Talk(socket);
  }
  void ServeSecured() {
    asio::ssl::context context = SelfSigned();
    asio::ssl::stream<tcp::socket> stream(acceptor_.accept(), context);
    boost::system::error_code ignored;
    stream.handshake(asio::ssl::stream_base::server, ignored);
    if (!ignored) Talk(stream);
  }
  template <typename Stream>
  void Talk(Stream& stream) {
    boost::system::error_code error;
    asio::streambuf buffer;
    const std::size_t size = asio::read_until(stream, buffer, "\r\n\r\n", error);
    request_.assign(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + static_cast<std::ptrdiff_t>(size));
    if (!answer_.empty()) asio::write(stream, asio::buffer(answer_), error);
    if (answer_.empty() && !error) asio::read_until(stream, buffer, "\r\n\r\n\r\n", error);
  }

  const std::string answer_;
  std::string request_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  const unsigned port_ = acceptor_.local_endpoint().port();
  std::thread thread_;
};

absl::StatusOr<HttpAnswer> Ask(const Service& service, std::size_t bytes_max, absl::Duration deadline = kPlenty) {
  Connection connection(deadline);
  if (absl::Status status = connection.Resolve("127.0.0.1", service.port()); !status.ok()) return status;
  if (absl::Status status = connection.Connect(); !status.ok()) return status;
  return connection.Get(StrCat("localhost:", service.port()), "/metrics?a=b", bytes_max);
}

TEST(ConnectionTest, APageIsReadWhole) {
  Service service("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const auto answer = Ask(service, 5);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  const std::string request = service.Request();
  EXPECT_THAT(request, HasSubstr("GET /metrics?a=b HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr(StrCat("Host: localhost:", service.port(), "\r\n")));
}

TEST(ConnectionTest, APageWithoutLengthEndsWithTheConnection) {
  const Service service("HTTP/1.0 200 OK\r\n\r\nhello");
  const auto answer = Ask(service, 100);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "hello");
}

TEST(ConnectionTest, OfAPageThatIsNotWantedTheStatusIsKnownHoweverLongItIs) {
  for (const char* length : {"Content-Length: 999999999\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    const Service service(StrCat("HTTP/1.1 404 Not Found\r\n", length, "\r\n"));
    const auto answer = Ask(service, 0);
    ASSERT_TRUE(answer.ok()) << length << answer.status();
    EXPECT_EQ(answer->status, 404);
  }
}

TEST(ConnectionTest, AnAnswerThatIsTooLargeIsNotTaken) {
  for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n"}) {
    const Service service(StrCat(head, "hello"));
    EXPECT_EQ(Ask(service, 4).status().code(), absl::StatusCode::kResourceExhausted) << head;
  }
  const Service endless_head(StrCat("HTTP/1.1 200 OK\r\nX: ", std::string(1 << 20, 'x')));
  EXPECT_EQ(Ask(endless_head, 4).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ConnectionTest, WhatIsNoHttpIsSaid) {
  for (const char* answer : {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 200 OK\r\nConte"}) {
    const Service service(answer);
    EXPECT_EQ(Ask(service, 100).status().code(), absl::StatusCode::kUnavailable) << answer;
  }
}

TEST(ConnectionTest, OneThatNeverAnswersIsLeftAtTheDeadline) {
  const Service service("");
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Ask(service, 100, kShort).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(absl::Now() - begin, kShort);
  EXPECT_LT(absl::Now() - begin, kPlenty);
}

TEST(ConnectionTest, AHandshakeThatNeverAnswersIsLeftAtTheDeadline) {
  const Service service("");
  Connection connection(kShort);
  ASSERT_TRUE(connection.Resolve("127.0.0.1", service.port()).ok());
  ASSERT_TRUE(connection.Connect().ok());
  EXPECT_EQ(connection.Secure("service.example").code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(connection.certificate_not_after().has_value());
}

TEST(ConnectionTest, WhereNobodyListensIsSaid) {
  asio::io_context io;
  tcp::acceptor taken(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string port = StrCat(taken.local_endpoint().port());
  taken.close();
  Connection connection(kPlenty);
  ASSERT_TRUE(connection.Resolve("127.0.0.1", port).ok());
  EXPECT_EQ(connection.Connect().code(), absl::StatusCode::kUnavailable);
}

TEST(ConnectionTest, ACertificateThatNobodyVouchesForIsNotTrustedButItsEndIsTold) {
  const Service service("", true);
  Connection connection(kPlenty);
  ASSERT_TRUE(connection.Resolve("127.0.0.1", service.port()).ok());
  ASSERT_TRUE(connection.Connect().ok());
  const absl::Status status = connection.Secure("service.example");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not trusted"));
  ASSERT_TRUE(connection.certificate_not_after().has_value());
  const absl::Duration left = *connection.certificate_not_after() - absl::Now();
  EXPECT_GT(left, absl::Seconds(kCertificateSeconds) - absl::Minutes(1));
  EXPECT_LE(left, absl::Seconds(kCertificateSeconds));
}

}  // namespace
}  // namespace steward::agent
