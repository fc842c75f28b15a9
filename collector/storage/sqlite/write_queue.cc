#include "collector/storage/sqlite/write_queue.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace steward::collector {
namespace {

// A commit costs about as much as a few dozen appends: below this rate the window would delay more than it saves.
constexpr double kBusyWritesPerSecond = 200;
constexpr std::size_t kLargeGroup = 1'024;     // fills some 30 pages: the few that every commit writes matter little
constexpr std::size_t kWorthWaiting = 6;
constexpr int kSkipMax = 1'024;
constexpr std::size_t kGroupMax = 4'096;       // the rest waits for the next one, so that the first is soon durable
constexpr double kRateWeight = 0.3;            // of the newest group in a rising rate
constexpr absl::Duration kShortest = absl::Microseconds(100);

}  // namespace

void WriteQueue::Push(QueuedWrite write) {
  absl::MutexLock lock(&mutex_);
  if (queue_.empty()) first_push_ = absl::Now();
  bytes_ += write.bytes;
  queue_.push_back(std::move(write));
}

bool WriteQueue::IsLarge() const { return stopping_ || queue_.size() >= kLargeGroup; }

void WriteQueue::WaitForMore() {
  if (writes_per_second_ < kBusyWritesPerSecond) return;
  if (windows_to_skip_ > 0) {
    --windows_to_skip_;
    return;
  }
  const auto is_large = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return IsLarge(); };
  mutex_.AwaitWithDeadline(absl::Condition(&is_large), first_push_ + window_max_);
  // Somebody who writes one after the other, each time waiting for the commit, is fast and yet gathers nothing.
  if (queue_.size() >= kWorthWaiting) {
    skip_next_time_ = 1;
  } else {
    windows_to_skip_ = skip_next_time_;
    skip_next_time_ = std::min(2 * skip_next_time_, kSkipMax);
  }
}

std::deque<QueuedWrite> WriteQueue::Take() {
  absl::MutexLock lock(&mutex_);
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  mutex_.Await(absl::Condition(&has_work));
  if (!queue_.empty()) WaitForMore();
  const absl::Time now = absl::Now();
  const absl::Duration since = std::max(now - last_take_, kShortest);
  const double rate = static_cast<double>(queue_.size()) / absl::ToDoubleSeconds(since);
  writes_per_second_ = std::min(rate, writes_per_second_ + kRateWeight * (rate - writes_per_second_));  // down at once
  last_take_ = now;
  first_push_ = now;
  std::deque<QueuedWrite> group;
  if (queue_.size() <= kGroupMax) {
    group.swap(queue_);
  } else {
    const auto end = queue_.begin() + kGroupMax;
    group.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  return group;
}

void WriteQueue::Release(std::size_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_ -= bytes;
}

void WriteQueue::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
}

std::size_t WriteQueue::bytes() const {
  absl::MutexLock lock(&mutex_);
  return bytes_;
}

bool WriteQueue::empty() const {
  absl::MutexLock lock(&mutex_);
  return queue_.empty();
}

}  // namespace steward::collector
