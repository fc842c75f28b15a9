// A name server is asked in its own words, and its answer is judged.
#include "agent/net/dns_query.h"

#include <string>
#include <thread>

#include "base/text.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/udp.hpp"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

using boost::asio::ip::udp;
using std::string_literals::operator""s;

constexpr std::uint16_t kId = 0x1234;

// Header of an answer: id, flags with the code, and that many answers.
std::string Answer(char code, char answers, char flags = '\x81') {
  return "\x12\x34"s + flags + static_cast<char>('\x80' | code) + "\0\x01\0"s + answers + "\0\0\0\0"s;
}

TEST(DnsQueryTest, AQuestionIsWhatTheStandardSays) {
  EXPECT_EQ(DnsQuestion("www.example", kId), "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07"s "example\0\0\x01\0\x01"s);
  EXPECT_EQ(DnsQuestion("www.example.", kId), DnsQuestion("www.example", kId));
  for (const std::string& none : {""s, "."s, "a..b"s, std::string(64, 'a'), std::string(300, 'a')}) {
    EXPECT_EQ(DnsQuestion(none, kId), "") << none;
  }
}

TEST(DnsQueryTest, AnAnswerIsJudgedByItsCodeAndRecords) {
  EXPECT_TRUE(JudgeDnsAnswer(Answer(0, 1), kId).ok());
  EXPECT_EQ(JudgeDnsAnswer(Answer(0, 0), kId).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(JudgeDnsAnswer(Answer(3, 0), kId).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(JudgeDnsAnswer(Answer(2, 0), kId).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(JudgeDnsAnswer(Answer(5, 0), kId).code(), absl::StatusCode::kUnavailable);
}

TEST(DnsQueryTest, WhatIsNoAnswerToTheQuestionIsNone) {
  EXPECT_EQ(JudgeDnsAnswer(Answer(0, 1), kId + 1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(JudgeDnsAnswer(Answer(0, 1, '\x01'), kId).code(), absl::StatusCode::kInvalidArgument);  // a question
  for (std::size_t size = 0; size < Answer(0, 1).size(); ++size) {
    EXPECT_EQ(JudgeDnsAnswer(Answer(0, 1).substr(0, size), kId).code(), absl::StatusCode::kInvalidArgument) << size;
  }
}

// Answers the n-th question that comes; what comes before is lost.
class NameServer {
 public:
  explicit NameServer(int lost) : thread_([this, lost] { Serve(lost); }) {}
  ~NameServer() { thread_.join(); }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  std::string port() const { return StrCat(port_); }

 private:
  void Serve(int lost) {
    std::string packet(512, '\0');
    udp::endpoint from;
    std::size_t size = 0;
    for (int question = 0; question <= lost; ++question) size = socket_.receive_from(boost::asio::buffer(packet), from);
    packet.resize(size);
    const std::string other = "\0\0"s + Answer(0, 1).substr(2);  // to somebody else's question
    socket_.send_to(boost::asio::buffer(other), from);
    socket_.send_to(boost::asio::buffer(packet.substr(0, 2) + Answer(0, 1).substr(2)), from);
  }

  boost::asio::io_context io_;
  udp::socket socket_{io_, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  const unsigned port_ = socket_.local_endpoint().port();
  std::thread thread_;
};

TEST(DnsQueryTest, AServerIsAskedAgainIfAPacketIsLost) {
  const NameServer server(1);
  EXPECT_TRUE(AskNameServer("127.0.0.1", server.port(), "www.example", absl::Seconds(5)).ok());
}

TEST(DnsQueryTest, AServerThatIsSilentIsLeftAtTheDeadline) {
  boost::asio::io_context io;
  const udp::socket silent(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const std::string port = StrCat(silent.local_endpoint().port());
  EXPECT_EQ(AskNameServer("127.0.0.1", port, "www.example", absl::Milliseconds(200)).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(DnsQueryTest, WhereNoServerIsIsSaid) {
  boost::asio::io_context io;
  udp::socket gone(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const std::string port = StrCat(gone.local_endpoint().port());
  gone.close();
  EXPECT_EQ(AskNameServer("127.0.0.1", port, "www.example", absl::Seconds(5)).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace steward::agent
