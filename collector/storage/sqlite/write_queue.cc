#include "collector/storage/sqlite/write_queue.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace steward::collector {
namespace {

// A commit costs about as much as a few dozen appends: below this rate the window would delay more than it saves.
constexpr double kBusyWritesPerSecond = 200;
constexpr std::size_t kLargeGroup = 256;       // worth a commit
constexpr std::size_t kGroupMax = 4'096;       // the rest waits for the next one, so that the first is soon durable
constexpr double kRateWeight = 0.3;            // of the newest group in the rate
constexpr absl::Duration kShortest = absl::Microseconds(100);

}  // namespace

void WriteQueue::Push(QueuedWrite write) {
  absl::MutexLock lock(&mutex_);
  if (queue_.empty()) first_push_ = absl::Now();
  bytes_ += write.bytes;
  queue_.push_back(std::move(write));
}

bool WriteQueue::IsLarge() const { return stopping_ || queue_.size() >= kLargeGroup; }

std::deque<QueuedWrite> WriteQueue::Take() {
  absl::MutexLock lock(&mutex_);
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); };
  mutex_.Await(absl::Condition(&has_work));
  if (writes_per_second_ >= kBusyWritesPerSecond && !queue_.empty()) {
    const auto is_large = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return IsLarge(); };
    mutex_.AwaitWithDeadline(absl::Condition(&is_large), first_push_ + window_max_);
  }
  const absl::Time now = absl::Now();
  const absl::Duration since = std::max(now - last_take_, kShortest);
  const double rate = static_cast<double>(queue_.size()) / absl::ToDoubleSeconds(since);
  writes_per_second_ += kRateWeight * (rate - writes_per_second_);
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
