// Protects: systemd knows when a program is at work and that it still is, and a stuck one gives no sign of life.
#include "base/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "base/text.h"
#include "tests/support/temp_dir.h"

namespace steward {
namespace {

using std::chrono::seconds;

// What systemd is to a service: a socket for datagrams, told by the environment.
class ServiceManagerTest : public testing::Test {
 protected:
  void SetUp() override {
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ASSERT_GE(fd_, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  void TearDown() override {
    ::close(fd_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  void SetWatchdog(const std::string& microseconds, pid_t pid) {
    ::setenv("WATCHDOG_USEC", microseconds.c_str(), 1);
    ::setenv("WATCHDOG_PID", StrCat(pid).c_str(), 1);
  }
  // The next datagram, or "" if none is there.
  std::string Told() const {
    char text[256];
    const ssize_t size = ::recv(fd_, text, sizeof text, 0);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
  }

  TempDir directory_;
  const std::string path_ = (directory_.path() / "notify").string();
  int fd_ = -1;
  boost::asio::io_context io_;
};

TEST_F(ServiceManagerTest, ReadyAndStoppingAreTold) {
  ServiceManager manager(io_);
  EXPECT_EQ(Told(), "");
  manager.Ready();
  EXPECT_EQ(Told(), "READY=1");
  manager.Stopping();
  EXPECT_EQ(Told(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, SignsOfLifeComeFromTheLoopUntilTheEnd) {
  SetWatchdog("2000", ::getpid());
  ServiceManager manager(io_);
  manager.Ready();
  EXPECT_EQ(Told(), "READY=1");
  EXPECT_EQ(Told(), "") << "a loop that does not run gives none";
  ASSERT_EQ(io_.run_one_for(seconds(10)), 1U);
  EXPECT_EQ(Told(), "WATCHDOG=1");
  ASSERT_EQ(io_.run_one_for(seconds(10)), 1U);
  EXPECT_EQ(Told(), "WATCHDOG=1");
  manager.Stopping();
  EXPECT_EQ(Told(), "STOPPING=1");
  io_.run_for(seconds(10));  // ends at once: nothing is waited for any more
  EXPECT_TRUE(io_.stopped());
  EXPECT_EQ(Told(), "");
}

TEST_F(ServiceManagerTest, AWatchdogOfAnotherProcessIsNotOurs) {
  SetWatchdog("2000", ::getppid());
  ServiceManager manager(io_);
  manager.Ready();
  EXPECT_EQ(io_.run(), 0U);
  EXPECT_EQ(Told(), "READY=1");
  EXPECT_EQ(Told(), "");
}

TEST_F(ServiceManagerTest, ChildrenCannotSpeakInOurName) {
  SetWatchdog("2000", ::getpid());
  const ServiceManager manager(io_);
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) EXPECT_EQ(::getenv(name), nullptr) << name;
}

TEST_F(ServiceManagerTest, WithoutSystemdNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  SetWatchdog("2000", ::getpid());
  ServiceManager manager(io_);
  manager.Ready();
  EXPECT_EQ(io_.run(), 0U);
  EXPECT_EQ(Told(), "");
  for (const std::string& name : {directory_.path().string() + "/nobody", std::string(200, 'x'), std::string("@steward-test-nobody")}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    ServiceManager(io_).Ready();
  }
}

}  // namespace
}  // namespace steward
