#include "collector/api/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "boost/asio/connect.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/ssl.hpp"
#include "boost/asio/write.hpp"
#include "tests/support/api_rig.h"
#include "tests/support/temp_dir.h"

namespace steward::collector {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

template <typename Stream>
std::string Exchange(Stream& stream, const std::string& bytes) {
  boost::system::error_code error;
  asio::write(stream, asio::buffer(bytes), error);
  std::string answer;
  asio::read(stream, asio::dynamic_buffer(answer), error);
  return answer;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerOptions Options() const {
    HttpServerOptions options;
    options.listen.port = 0;
    options.socket_path = (dir_.path() / "collector.sock").string();
    return options;
  }
  void Start(HttpServerOptions options) {
    auto parts = rig_.Parts();
    parts.own_user = getuid();
    server_.emplace(std::move(options), std::move(parts));
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    port_ = server_->url().substr(server_->url().rfind(':') + 1);
  }
  asio::ip::tcp::socket Connect() {
    asio::ip::tcp::socket socket(io_);
    asio::connect(socket, asio::ip::tcp::resolver(io_).resolve("127.0.0.1", port_));
    return socket;
  }
  std::string Send(const std::string& bytes) {
    auto socket = Connect();
    return Exchange(socket, bytes);
  }
  std::string Get(const std::string& path, const std::string& more = "") {
    return Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + "\r\n");
  }

  TempDir dir_;
  ApiRig rig_;
  asio::io_context io_;
  std::string port_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesPagesOnThePortItPicked) {
  Start(Options());
  EXPECT_THAT(server_->url(), StartsWith("http://127.0.0.1:"));
  EXPECT_THAT(Get("/-/healthy"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Get("/metrics"), HasSubstr("steward_storage_up 1"));
}

TEST_F(HttpServerTest, OneConnectionServesManyRequestsInOrder) {
  Start(Options());
  const std::string answers = Send(
      "GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /-/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::size_t first = answers.find("200 OK"), second = answers.find("404"), third = answers.rfind("200 OK");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(HttpServerTest, OldClientsAndHeadAreServed) {
  Start(Options());
  const std::string old = Send("GET /metrics HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(old, testing::Not(HasSubstr("chunked")));
  EXPECT_THAT(old, HasSubstr("steward_storage_up 1\n"));
  const std::string head = Send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(head.substr(head.size() - 4), "\r\n\r\n");
}

TEST_F(HttpServerTest, GzipIsServedToThoseWhoTakeIt) {
  Start(Options());
  const std::string answer = Get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(answer, HasSubstr("\x1f\x8b"));
}

TEST_F(HttpServerTest, TheLocalSocketIsItsOwnersAlone) {
  Start(Options());
  const std::string path = Options().socket_path;
  struct stat state {};
  ASSERT_EQ(stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600u);
  asio::local::stream_protocol::socket socket(io_);
  socket.connect(path);
  EXPECT_THAT(Exchange(socket,
                       "POST /steward.v1.TokenService/ListTokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       "Content-Length: 2\r\nConnection: close\r\n\r\n{}"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  server_.reset();
  EXPECT_NE(stat(path.c_str(), &state), 0) << "the socket stays behind";
}

TEST_F(HttpServerTest, ALeftOverSocketIsTakenOverAndAnotherFileIsNot) {
  Start(Options());
  server_.reset();
  {
    asio::local::stream_protocol::acceptor left_over(io_, Options().socket_path);
  }
  Start(Options());
  server_.reset();
  std::filesystem::remove(Options().socket_path);
  std::ofstream(Options().socket_path) << "precious";
  HttpServer server(Options(), rig_.Parts());
  const absl::Status refused = server.Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(std::filesystem::exists(Options().socket_path));
}

TEST_F(HttpServerTest, ALongDataDirectoryIsNoObstacle) {
  HttpServerOptions options = Options();
  const auto folder = dir_.path() / std::string(120, 'd');
  std::filesystem::create_directory(folder);
  options.socket_path = (folder / "collector.sock").string();
  Start(options);
  EXPECT_TRUE(std::filesystem::is_socket(options.socket_path));
}

TEST_F(HttpServerTest, ATakenPortIsNamed) {
  Start(Options());
  HttpServerOptions options = Options();
  options.socket_path.clear();
  options.listen.port = static_cast<std::uint16_t>(std::stoi(port_));
  HttpServer second(options, rig_.Parts());
  const absl::Status refused = second.Start();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("127.0.0.1:" + port_));
}

TEST_F(HttpServerTest, OffTheLoopbackThereIsNoServiceWithoutTls) {
  HttpServerOptions options = Options();
  options.listen.host = "0.0.0.0";
  HttpServer server(options, rig_.Parts());
  const absl::Status refused = server.Start();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("http_certificate"));
}

TEST_F(HttpServerTest, WithACertificateThePortSpeaksTls) {
  const std::string base = (dir_.path() / "http").string();
  ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost "
                         "-keyout " + base + ".key -out " + base + ".crt 2>/dev/null").c_str()), 0);
  HttpServerOptions options = Options();
  options.certificate = base + ".crt";
  options.key = base + ".key";
  Start(options);
  EXPECT_THAT(server_->url(), StartsWith("https://127.0.0.1:"));
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.load_verify_file(base + ".crt");
  tls.set_verify_mode(asio::ssl::verify_peer);
  asio::ssl::stream<asio::ip::tcp::socket> stream(Connect(), tls);
  stream.handshake(asio::ssl::stream_base::client);
  EXPECT_THAT(Exchange(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
              HasSubstr("steward_storage_up 1"));
  EXPECT_EQ(Send("GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n").find("HTTP"), std::string::npos) << "plain text on a TLS port";
}

TEST_F(HttpServerTest, AWrongCertificateIsNamed) {
  HttpServerOptions options = Options();
  options.certificate = "/nowhere/http.crt";
  options.key = "/nowhere/http.key";
  HttpServer server(options, rig_.Parts());
  const absl::Status refused = server.Start();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("/nowhere/http.crt"));
}

TEST_F(HttpServerTest, HostileBytesGetAnErrorOrNothingAndHarmNobody) {
  Start(Options());
  const std::pair<std::string, std::string> cases[] = {
      {std::string(1000, '\0'), "HTTP/1.1 400"},
      {"GET\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400"},
      {"G\x01T / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", "HTTP/1.1 431"},
      {"POST /steward.v1.A/B HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "HTTP/1.1 400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", "HTTP/1.1 400"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""},
      {"", ""},
  };
  for (const auto& [bytes, answer] : cases) {
    auto socket = Connect();
    boost::system::error_code error;
    asio::write(socket, asio::buffer(bytes), error);
    socket.shutdown(asio::socket_base::shutdown_send, error);
    std::string got;
    asio::read(socket, asio::dynamic_buffer(got), error);
    EXPECT_THAT(got, StartsWith(answer)) << testing::PrintToString(bytes.substr(0, 60));
  }
  EXPECT_THAT(Get("/-/healthy"), StartsWith("HTTP/1.1 200 OK\r\n"));
  const std::string refused = Send("POST /steward.v1.A/B HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_THAT(refused, HasSubstr("{\"code\":\"resource_exhausted\""));
}

TEST_F(HttpServerTest, ManyConnectionsAtOnceAreBounded) {
  Start(Options());
  std::vector<asio::ip::tcp::socket> open;
  for (std::size_t i = 0; i < kHttpConnectionsMax; ++i) open.push_back(Connect());
  // Served, as it is one of those already open: only then are all of them surely accepted.
  EXPECT_THAT(Exchange(open.back(), "GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), HasSubstr("200 OK"));
  open.pop_back();
  open.push_back(Connect());
  auto one_more = Connect();
  EXPECT_EQ(Exchange(one_more, "GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  asio::local::stream_protocol::socket local(io_);
  local.connect(Options().socket_path);
  EXPECT_THAT(Exchange(local, "GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(HttpServerTest, StopsWithConnectionsOpen) {
  Start(Options());
  auto idle = Connect();
  auto half = Connect();
  asio::write(half, asio::buffer(std::string("GET /metrics HT")));
  EXPECT_THAT(Get("/-/healthy"), HasSubstr("200 OK"));
  server_->Stop();
  server_->Stop();
  std::string rest;
  boost::system::error_code error;
  asio::read(idle, asio::dynamic_buffer(rest), error);
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace steward::collector
