#include "collector/storage/sqlite/write_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace steward::collector {
namespace {

// A commit costs about as much as a few dozen appends: below this rate the window would delay more than it saves.
constexpr double kBusyWritesPerSecond = 200;
constexpr std::size_t kLargeGroup = 1'024;  // fills some 30 pages: the few that every commit writes matter little
constexpr std::size_t kLargeWriteBytes = 32 << 10;  // some forty batches or more in one write
constexpr std::size_t kWorthWaiting = 6;
constexpr int kSkipMax = 1'024;
constexpr std::size_t kGroupMax = 4'096;    // the rest waits for the next one, so that the first is soon durable
constexpr double kRateWeight = 0.3;         // of the newest group in a rising rate

}  // namespace

void WriteQueue::Push(QueuedWrite write) {
  bool wake = false;
  {
    const Lock lock(mutex_);
    if (queue_.empty()) first_push_ = Clock::now();
    bytes_ += write.bytes;
    large_came_ |= write.bytes >= kLargeWriteBytes;
    queue_.push_back(std::move(write));
    wake = queue_.size() == wake_at_ || large_came_;
  }
  if (wake) changed_.notify_one();
}

void WriteQueue::WaitForMore(Lock& lock) {
  if (writes_per_second_ < kBusyWritesPerSecond) return;
  if (windows_to_skip_ > 0) {
    --windows_to_skip_;
    return;
  }
  wake_at_ = kLargeGroup;
  changed_.wait_until(lock, first_push_ + window_max_,
                      [this] { return stopping_ || large_came_ || queue_.size() >= kLargeGroup; });
  wake_at_ = 1;
  // Somebody who writes one after the other, each time waiting for the commit, is fast and yet gathers nothing.
  if (queue_.size() >= kWorthWaiting) {
    skip_next_time_ = 1;
  } else {
    windows_to_skip_ = skip_next_time_;
    skip_next_time_ = std::min(2 * skip_next_time_, kSkipMax);
  }
}

void WriteQueue::NoteRate() {
  const Clock::time_point now = Clock::now();
  const std::chrono::duration<double> since = now - std::exchange(last_take_, now);
  const double rate = static_cast<double>(queue_.size()) / std::max(since.count(), 1e-4);
  writes_per_second_ = std::min(rate, writes_per_second_ + kRateWeight * (rate - writes_per_second_));  // down at once
}

std::deque<QueuedWrite> WriteQueue::Take() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (!queue_.empty()) WaitForMore(lock);
  NoteRate();
  large_came_ = false;
  std::deque<QueuedWrite> group;
  if (queue_.size() <= kGroupMax) {
    group.swap(queue_);
  } else {
    const auto end = queue_.begin() + kGroupMax;
    group.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
    first_push_ = Clock::now();
  }
  return group;
}

void WriteQueue::Release(std::size_t bytes) {
  const Lock lock(mutex_);
  bytes_ -= bytes;
}

void WriteQueue::Stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
}

std::size_t WriteQueue::bytes() const {
  const Lock lock(mutex_);
  return bytes_;
}

}  // namespace steward::collector
