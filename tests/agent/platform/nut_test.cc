// A NUT server is asked for all its UPSes, and none that misbehaves holds the agent or fills its memory.
#include "agent/platform/linux/tools/nut.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(60);

// Takes one connection and answers each line by `answer`; nullptr closes it.
class FakeServer {
 public:
  explicit FakeServer(std::function<const char*(const std::string& line)> answer) : answer_(std::move(answer)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void Serve() {
    const int client = ::accept(socket_, nullptr, nullptr);
    if (client < 0) return;
    std::string line;
    char c = 0;
    while (::recv(client, &c, 1, 0) == 1) {
      if (c != '\n') {
        line += c;
        continue;
      }
      const char* text = answer_(line);
      if (text == nullptr) break;
      const std::string_view said(text);
      (void)::send(client, said.data(), said.size(), MSG_NOSIGNAL);
      line.clear();
    }
    ::close(client);
  }

  const std::function<const char*(const std::string&)> answer_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(Nut, EveryUpsIsAskedForItsVariables) {
  FakeServer server([](const std::string& line) {
    if (line == "LIST UPS") return "BEGIN LIST UPS\nUPS rack \"Rack 1\"\nUPS old \"Cellar\"\nEND LIST UPS\n";
    if (line == "LIST VAR rack")
      return "BEGIN LIST VAR rack\nVAR rack battery.charge \"97\"\nVAR rack ups.status \"OL CHRG\"\nEND LIST VAR rack\n";
    if (line == "LIST VAR old") return "ERR DATA-STALE\n";
    return "OK Goodbye\n";
  });
  const auto answer = AskNut(server.port(), kLong);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer,
            "UPS rack \"Rack 1\"\nVAR rack battery.charge \"97\"\nVAR rack ups.status \"OL CHRG\"\n"
            "UPS old \"Cellar\"\nERR old DATA-STALE\n");
}

TEST(Nut, NobodyListeningIsNoServer) {
  std::uint16_t port = 0;
  {
    FakeServer gone([](const std::string&) { return ""; });
    port = gone.port();
  }
  EXPECT_TRUE(absl::IsNotFound(AskNut(port, kLong).status()));
}

TEST(Nut, AServerThatSaysNothingIsGivenUp) {
  FakeServer server([](const std::string&) { return ""; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(AskNut(server.port(), absl::Milliseconds(100)).status()));
}

TEST(Nut, AServerThatRefusesOrClosesIsTold) {
  FakeServer refusing([](const std::string&) { return "ERR ACCESS-DENIED\n"; });
  const absl::Status refused = AskNut(refusing.port(), kLong).status();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("ACCESS-DENIED"));
  FakeServer closing([](const std::string&) -> const char* { return nullptr; });
  EXPECT_TRUE(absl::IsUnavailable(AskNut(closing.port(), kLong).status()));
}

TEST(Nut, AServerThatTalksWithoutEndIsGivenUp) {
  const std::string endless(std::size_t{1} << 20, 'x');
  FakeServer server([&](const std::string&) { return endless.c_str(); });
  EXPECT_TRUE(absl::IsUnavailable(AskNut(server.port(), kLong).status()));
}

}  // namespace
}  // namespace steward::agent
