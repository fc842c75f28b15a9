// The helper in a thread of this process, asked over a real socket: answers and errors come through, peers that behave badly
// hold nobody up, strangers are refused.
#include "agent/helper/helper_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "agent/platform/linux/helper_client.h"
#include "gtest/gtest.h"

namespace steward::agent {
namespace {

constexpr std::int64_t kNobody = 65534;

class HelperServerTest : public ::testing::Test {
 protected:
  HelperServerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "steward-helper-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/helper.sock";
    settings_.answer = [](Tool tool, absl::Duration) -> absl::StatusOr<std::string> {
      if (tool == Tool::kSmart) return std::string("[]\n");
      if (tool == Tool::kLvm) return std::string(3 << 20, 'l');
      return absl::NotFoundError(std::string(ToolName(tool)) + " is not installed");
    };
    settings_.user = ::getuid();
  }
  ~HelperServerTest() override {
    stop_ = true;
    if (server_.joinable()) server_.join();
    std::filesystem::remove_all(folder_);
  }

  void Serve() {
    const auto socket = HelperSocket(path_, ::getuid());
    ASSERT_TRUE(socket.ok()) << socket.status();
    settings_.listening_socket = *socket;
    server_ = std::thread([this] { served_ = ServeHelper(settings_, [this] { return stop_.load(); }); });
  }

  // A peer that says `text` and nothing more.
  int Say(const std::string& text) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    return fd;
  }

  std::string folder_;
  std::string path_;
  HelperSettings settings_;
  absl::Status served_;
  std::atomic<bool> stop_ = false;
  std::thread server_;
};

TEST_F(HelperServerTest, AnswersAndErrorsComeThrough) {
  Serve();
  const auto smart = AskRootHelper(path_, Tool::kSmart, absl::Seconds(20));
  ASSERT_TRUE(smart.ok()) << smart.status();
  EXPECT_EQ(*smart, "[]\n");
  const auto large = AskRootHelper(path_, Tool::kLvm, absl::Seconds(20));
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ(large->size(), std::size_t{3} << 20);
  const auto firewall = AskRootHelper(path_, Tool::kFirewall, absl::Seconds(20));
  EXPECT_TRUE(absl::IsNotFound(firewall.status()));
  EXPECT_EQ(firewall.status().message(), "firewall is not installed");
}

TEST_F(HelperServerTest, WithoutAHelperThereIsNone) {
  EXPECT_TRUE(absl::IsNotFound(AskRootHelper(path_, Tool::kSmart, absl::Seconds(20)).status()));
}

TEST_F(HelperServerTest, PeersThatSayNothingOrTooMuchHoldNobodyUp) {
  Serve();
  std::vector<int> peers;
  peers.push_back(Say(""));
  peers.push_back(Say("smart"));
  peers.push_back(Say(std::string(100'000, 'x')));
  ::close(Say("smart 1000\n"));  // gone before the answer
  EXPECT_TRUE(AskRootHelper(path_, Tool::kSmart, absl::Seconds(20)).ok());
  for (const int peer : peers) ::close(peer);
}

TEST_F(HelperServerTest, MoreThanItAnswersAtOnceWaitTheirTurn) {
  std::promise<void> gate;
  const std::shared_future<void> opened = gate.get_future().share();
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  settings_.answer = [&](Tool, absl::Duration) -> absl::StatusOr<std::string> {
    const int now = ++at_once;
    int before = most;
    while (before < now && !most.compare_exchange_weak(before, now)) {
    }
    opened.wait();
    --at_once;
    return std::string("done");
  };
  Serve();
  std::vector<std::future<absl::StatusOr<std::string>>> answers;
  for (int i = 0; i < 3 * kHelperAtOnceMax; ++i) {
    answers.push_back(std::async(std::launch::async, [this] { return AskRootHelper(path_, Tool::kSmart, absl::Seconds(60)); }));
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (most < kHelperAtOnceMax && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  gate.set_value();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().ok());
  EXPECT_EQ(most, kHelperAtOnceMax);
}

TEST_F(HelperServerTest, ItEndsOnceNobodyAsks) {
  settings_.idle_max = absl::Milliseconds(1);
  Serve();
  server_.join();
  EXPECT_TRUE(served_.ok()) << served_;
  server_ = std::thread([] {});
}

TEST_F(HelperServerTest, OnlyTheOwnerMayReachTheSocket) {
  Serve();
  struct stat place = {};
  ASSERT_EQ(::stat(path_.c_str(), &place), 0);
  EXPECT_EQ(place.st_mode & 0777, 0600U);
}

// Even one who can open the socket is refused: asked by nobody, in a process of its own. Needs root to become nobody.
TEST_F(HelperServerTest, StrangersAreRefused) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can ask as another user";
  const auto socket = HelperSocket(path_, ::getuid());
  ASSERT_TRUE(socket.ok());
  settings_.listening_socket = *socket;
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(kNobody) != 0) ::_exit(3);
    const auto answer = AskRootHelper(path_, Tool::kSmart, absl::Seconds(20));
    ::_exit(absl::IsPermissionDenied(answer.status()) ? 0 : 1);
  }
  server_ = std::thread([this] { served_ = ServeHelper(settings_, [this] { return stop_.load(); }); });
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(HelperServerTest, AFileInTheWayOfTheSocketIsNotRemoved) {
  { std::FILE* file = std::fopen(path_.c_str(), "w"); ASSERT_NE(file, nullptr); std::fclose(file); }
  EXPECT_TRUE(absl::IsUnavailable(HelperSocket(path_, ::getuid()).status()));
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

}  // namespace
}  // namespace steward::agent
