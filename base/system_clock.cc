#include <algorithm>
#include <cstdint>
#include <ctime>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "base/clock.h"
#include "boost/asio/error.hpp"
#include "boost/asio/steady_timer.hpp"

namespace steward {
namespace {

class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  void Start(absl::Duration delay, std::function<void()> handler) override {
    // Asio may have queued the completion of a wait that is cancelled now: the generation tells them apart.
    const std::uint64_t generation = ++*generation_;
    timer_.expires_after(absl::ToChronoNanoseconds(std::max(delay, absl::ZeroDuration())));
    timer_.async_wait([weak = std::weak_ptr(generation_), generation,
                       handler = std::move(handler)](const boost::system::error_code& error) {
      const auto current = weak.lock();
      if (error || !current || *current != generation) return;
      handler();
    });
  }

  void Cancel() override {
    ++*generation_;
    timer_.cancel();
  }

  ~SystemTimer() override { Cancel(); }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
};

class SystemClock final : public Clock {
 public:
  absl::Time WallNow() const override { return absl::Now(); }
  absl::Duration BootNow() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
  std::unique_ptr<Timer> NewTimer(boost::asio::any_io_executor executor) override {
    return std::make_unique<SystemTimer>(std::move(executor));
  }
};

}  // namespace

std::unique_ptr<Clock> NewSystemClock() { return std::make_unique<SystemClock>(); }

}  // namespace steward
