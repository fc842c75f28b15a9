// When the uplink tries again, by a clock of the test's own and a network that is never there.
#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "agent/uplink/uplink.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "gmock/gmock.h"
#include "tests/agent/spool/spool_fixture.h"

namespace steward::agent {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

// Every stream ends at once, unless it is welcomed.
class DeadNetwork final : public UplinkConnector {
 public:
  DeadNetwork(boost::asio::io_context& io, Clock& clock) : io_(io), clock_(clock) {}

  std::unique_ptr<UplinkStream> Connect(const ChannelSettings&, UplinkStream::Handler& handler) override {
    attempts_.push_back(clock_.BootNow());
    auto stream = std::make_unique<Stream>();
    boost::asio::post(io_, [this, &handler, alive = stream->alive_] {
      if (!*alive) return;
      if (!welcoming_) return handler.OnClosed(absl::UnavailableError("no route"));
      handler.OnWritable();
      v1::CollectorMessage welcome;
      welcome.mutable_welcome();
      handler.OnMessage(welcome);
      open_ = &handler;
    });
    return stream;
  }
  void Welcome() { welcoming_ = true; }
  void Cut() {
    welcoming_ = false;
    open_->OnClosed(absl::UnavailableError("cut"));
  }
  std::vector<absl::Duration> attempts_;

 private:
  struct Stream final : UplinkStream {
    ~Stream() override { *alive_ = false; }
    void Write(const v1::AgentMessage&) override {}
    void Cancel() override {}
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  };

  boost::asio::io_context& io_;
  Clock& clock_;
  bool welcoming_ = false;
  UplinkStream::Handler* open_ = nullptr;
};

class ReconnectTest : public SpoolTest {
 protected:
  ReconnectTest() { Open(); }
  ~ReconnectTest() override { uplink_.reset(); }

  void Start(std::uint64_t seed = 1) {
    UplinkSettings settings;
    settings.addresses = {"collector.example:7443"};
    uplink_ = std::make_unique<Uplink>(settings,
                                       UplinkParts{io_.get_executor(), clock_, *spool_, network_, seed,
                                                   [this](std::function<void()> changed) {
                                                     ++watches_made_;
                                                     changed_ = std::move(changed);
                                                     return std::make_unique<Watch>(changed_);
                                                   }},
                                       UplinkCallbacks{});
    uplink_->Start();
    Run();
  }
  void Run() {
    io_.restart();
    io_.poll();
  }
  void Advance(absl::Duration by) {
    const absl::Duration step = absl::Milliseconds(50);
    for (absl::Duration gone; gone < by; gone += step) {
      clock_.Advance(step);
      Run();
    }
  }
  std::vector<absl::Duration> Pauses() const {
    std::vector<absl::Duration> pauses;
    for (std::size_t i = 1; i < network_.attempts_.size(); ++i) {
      pauses.push_back(network_.attempts_[i] - network_.attempts_[i - 1]);
    }
    return pauses;
  }

  struct Watch final : NetworkWatch {
    explicit Watch(std::function<void()>& changed) : changed_(changed) {}
    ~Watch() override { changed_ = nullptr; }
    std::function<void()>& changed_;
  };

  boost::asio::io_context io_;
  DeadNetwork network_{io_, clock_};
  std::function<void()> changed_;  // empty: nobody watches the network
  int watches_made_ = 0;
  std::unique_ptr<Uplink> uplink_;
};

constexpr absl::Duration kStep = absl::Milliseconds(50);

TEST_F(ReconnectTest, PausesDoubleFromOneSecondToAMinuteWithHalfOfEachRandom) {
  Start();
  Advance(absl::Minutes(10));
  const std::vector<absl::Duration> pauses = Pauses();
  ASSERT_THAT(pauses, SizeIs(Ge(12)));
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const absl::Duration full =
        std::min(absl::Minutes(1), absl::Seconds(std::int64_t{1} << std::min<std::size_t>(i, 10)));
    EXPECT_THAT(pauses[i], AllOf(Ge(full / 2), Le(full + kStep))) << "pause " << i;
  }
}

TEST_F(ReconnectTest, AChangeOfTheNetworkEndsALongPauseWithinTwoSeconds) {
  Start();
  Advance(absl::Minutes(10));
  ASSERT_TRUE(changed_);
  network_.Welcome();
  changed_();
  Run();
  EXPECT_FALSE(uplink_->status().connected) << "not at once: a thousand agents see the same switch come back";
  Advance(absl::Seconds(2));
  EXPECT_TRUE(uplink_->status().connected);
}

TEST_F(ReconnectTest, AfterAChangeThePausesBeginAnew) {
  Start();
  Advance(absl::Minutes(10));
  const std::size_t before = network_.attempts_.size();
  changed_();  // the link is up, its address is still missing
  Advance(absl::Seconds(12));
  EXPECT_GE(network_.attempts_.size(), before + 4);
}

TEST_F(ReconnectTest, ANetworkThatChangesAllTheTimeDoesNotMakeItHammer) {
  Start();
  Advance(absl::Minutes(10));
  const std::size_t before = network_.attempts_.size();
  for (int second = 0; second < 600; ++second) {
    changed_();
    changed_();
    Advance(absl::Seconds(1));
  }
  EXPECT_LE(network_.attempts_.size() - before, 60u * 6u) << "about one in two seconds";
}

TEST_F(ReconnectTest, TheNetworkIsWatchedOnlyWhileThereIsNoConnection) {
  network_.Welcome();
  Start();
  ASSERT_TRUE(uplink_->status().connected);
  EXPECT_EQ(watches_made_, 0);
  network_.Cut();
  Run();
  EXPECT_TRUE(changed_);
  network_.Welcome();
  Advance(absl::Seconds(1));
  ASSERT_TRUE(uplink_->status().connected);
  EXPECT_FALSE(changed_);
  EXPECT_EQ(watches_made_, 1);
}

TEST_F(ReconnectTest, AgentsThatLoseTheirCollectorTogetherComeBackApart) {
  std::vector<absl::Duration> first_pauses;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    network_.attempts_.clear();
    Start(seed);
    Advance(absl::Seconds(1));
    first_pauses.push_back(Pauses().at(0));
  }
  EXPECT_THAT(first_pauses, Each(AllOf(Ge(absl::Milliseconds(500)), Le(absl::Seconds(1) + kStep))));
  EXPECT_GE(std::set<absl::Duration>(first_pauses.begin(), first_pauses.end()).size(), 8u)
      << "in steps of the test's clock";
}

}  // namespace
}  // namespace steward::agent
