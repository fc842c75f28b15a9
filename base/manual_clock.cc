#include "base/manual_clock.h"

#include <utility>
#include <vector>

#include "boost/asio/post.hpp"

namespace steward {

struct ManualClock::Waiting {
  boost::asio::any_io_executor executor;
  std::function<void()> handler;
  std::weak_ptr<std::uint64_t> generation;
  std::uint64_t started = 0;
};

struct ManualClock::State {
  mutable Mutex mutex;
  absl::Time wall ABSL_GUARDED_BY(mutex);
  absl::Duration boot ABSL_GUARDED_BY(mutex);
  std::uint64_t next_order ABSL_GUARDED_BY(mutex) = 0;
  std::map<std::pair<absl::Duration, std::uint64_t>, Waiting> waiting ABSL_GUARDED_BY(mutex);  // by due time, then order
};

class ManualClock::ManualTimer final : public Timer {
 public:
  ManualTimer(std::shared_ptr<State> state, boost::asio::any_io_executor executor)
      : state_(std::move(state)), executor_(std::move(executor)) {}
  ~ManualTimer() override { Cancel(); }

  void Start(absl::Duration delay, std::function<void()> handler) override {
    Cancel();
    Waiting waiting{executor_, std::move(handler), generation_, *generation_};
    if (delay <= absl::ZeroDuration()) {
      Post(std::move(waiting));
      return;
    }
    const MutexLock lock(&state_->mutex);
    key_ = {state_->boot + delay, state_->next_order++};
    state_->waiting.emplace(key_, std::move(waiting));
  }

  void Cancel() override {
    ++*generation_;
    const MutexLock lock(&state_->mutex);
    state_->waiting.erase(key_);
    key_ = {};
  }

  static void Post(Waiting waiting) {
    const auto executor = waiting.executor;
    boost::asio::post(executor, [waiting = std::move(waiting)] {
      const auto current = waiting.generation.lock();
      if (current && *current == waiting.started) waiting.handler();
    });
  }

 private:
  std::shared_ptr<State> state_;
  boost::asio::any_io_executor executor_;
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);  // touched on the executor only
  std::pair<absl::Duration, std::uint64_t> key_;
};

ManualClock::ManualClock(absl::Time wall, absl::Duration boot) : state_(std::make_shared<State>()) {
  const MutexLock lock(&state_->mutex);
  state_->wall = wall;
  state_->boot = boot;
}

ManualClock::~ManualClock() = default;

absl::Time ManualClock::WallNow() const {
  const MutexLock lock(&state_->mutex);
  return state_->wall;
}

absl::Duration ManualClock::BootNow() const {
  const MutexLock lock(&state_->mutex);
  return state_->boot;
}

std::unique_ptr<Timer> ManualClock::NewTimer(boost::asio::any_io_executor executor) {
  return std::make_unique<ManualTimer>(state_, std::move(executor));
}

void ManualClock::Advance(absl::Duration by) {
  std::vector<Waiting> due;
  {
    const MutexLock lock(&state_->mutex);
    state_->wall += by;
    state_->boot += by;
    auto& waiting = state_->waiting;
    while (!waiting.empty() && waiting.begin()->first.first <= state_->boot) {
      due.push_back(std::move(waiting.begin()->second));
      waiting.erase(waiting.begin());
    }
  }
  for (Waiting& entry : due) ManualTimer::Post(std::move(entry));
}

void ManualClock::SetWall(absl::Time wall) {
  const MutexLock lock(&state_->mutex);
  state_->wall = wall;
}

absl::Duration ManualClock::UntilNextTimer() const {
  const MutexLock lock(&state_->mutex);
  if (state_->waiting.empty()) return absl::InfiniteDuration();
  return state_->waiting.begin()->first.first - state_->boot;
}

}  // namespace steward
