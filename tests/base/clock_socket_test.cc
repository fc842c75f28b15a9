// Protects: a test that moves a real program's time gets its answer after the timers were served, chains of them too.
#include "base/clock_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"

namespace steward {
namespace {

using Local = boost::asio::local::stream_protocol;

class ClockSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/steward-clock-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/clock";
    auto listening = ClockSocket::Listen(io_, clock_, path_);
    ASSERT_TRUE(listening.ok()) << listening.status();
    socket_ = *std::move(listening);
    thread_ = std::thread([this] { io_.run(); });
    client_.connect(Local::endpoint(path_));
  }
  void TearDown() override {
    guard_.reset();
    io_.stop();
    thread_.join();
    socket_.reset();
    ::rmdir(folder_.c_str());
  }
  std::string Say(const std::string& line) {
    boost::asio::write(client_, boost::asio::buffer(line + "\n"));
    const std::size_t size = boost::asio::read_until(client_, buffer_, '\n');
    std::string answer(static_cast<const char*>(buffer_.data().data()), size - 1);
    buffer_.consume(size);
    return answer;
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000), absl::Seconds(100)};
  std::string folder_;
  std::string path_;
  std::unique_ptr<ClockSocket> socket_;
  std::thread thread_;
  boost::asio::io_context client_io_;
  Local::socket client_{client_io_};
  boost::asio::streambuf buffer_;
};

TEST_F(ClockSocketTest, AdvanceServesTimersThatStartOthersBeforeItAnswers) {
  std::atomic<int> ticks = 0;
  const auto timer = clock_.NewTimer(io_.get_executor());
  std::function<void()> tick = [&] {
    ++ticks;
    timer->Start(absl::Seconds(15), tick);
  };
  timer->Start(absl::Seconds(15), tick);
  EXPECT_EQ(Say("advance 1m"), "ok wall=2027-01-15T08:01:00+00:00 boot=160");
  EXPECT_EQ(ticks, 4);
}

TEST_F(ClockSocketTest, TheWallClockStepsAlone) {
  EXPECT_EQ(Say("wall 2030-01-01T00:00:00Z"), "ok wall=2030-01-01T00:00:00+00:00 boot=100");
}

TEST_F(ClockSocketTest, NonsenseIsAnsweredAndTheConnectionGoesOn) {
  for (const char* line : {"", "advance", "advance -1s", "advance soon", "wall yesterday", "stop"}) {
    EXPECT_THAT(Say(line), testing::StartsWith("error ")) << line;
  }
  EXPECT_THAT(Say("now"), testing::StartsWith("ok "));
}

TEST(MakeClockTest, IsRefusedOutsideTests) {
  boost::asio::io_context io;
  std::unique_ptr<ClockSocket> socket;
  ::unsetenv("STEWARD_TEST");
  EXPECT_EQ(MakeClock("unix:/tmp/x", io, socket).status().code(), absl::StatusCode::kFailedPrecondition);
  ::setenv("STEWARD_TEST", "1", 1);
  EXPECT_EQ(MakeClock("tcp:80", io, socket).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(MakeClock("", io, socket).ok());
  ::unsetenv("STEWARD_TEST");
}

}  // namespace
}  // namespace steward
