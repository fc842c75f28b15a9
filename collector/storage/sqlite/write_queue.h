// The writes that wait for the writer thread, and when it should take them. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "collector/storage/storage.h"

namespace steward::collector {

struct QueuedWrite {
  Storage::WriteFunction write;
  Storage::WriteDone done;
  std::size_t bytes = 0;
  absl::Status result;
};

class WriteQueue {
 public:
  explicit WriteQueue(absl::Duration window_max) : window_max_(window_max) {}

  void Push(QueuedWrite write);
  // Waits for writes and takes a group of them, in order. A write that comes alone is given at once; under load it waits
  // until the group is large or its first write is `window_max` old. Empty: Stop was called and nothing is left.
  std::deque<QueuedWrite> Take();
  // Nothing of `bytes` is held any more.
  void Release(std::size_t bytes);
  void Stop();

  std::size_t bytes() const;
  bool empty() const;

 private:
  bool IsLarge() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for more, if the rate promises any and waiting has paid lately.
  void WaitForMore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration window_max_;
  mutable absl::Mutex mutex_;
  std::deque<QueuedWrite> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time first_push_ ABSL_GUARDED_BY(mutex_);  // of what is queued
  absl::Time last_take_ ABSL_GUARDED_BY(mutex_);
  double writes_per_second_ ABSL_GUARDED_BY(mutex_) = 0;  // lately
  int windows_to_skip_ ABSL_GUARDED_BY(mutex_) = 0;
  int skip_next_time_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace steward::collector
