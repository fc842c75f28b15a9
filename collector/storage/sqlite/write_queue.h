// The writes that wait for the writer thread, and when it should take them. Thread-safe.
// It waits by the steady clock: a step of the wall clock must not hold up commits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

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
  explicit WriteQueue(absl::Duration window_max) : window_max_(absl::ToChronoMicroseconds(window_max)) {}

  void Push(QueuedWrite write);
  // Waits for writes and takes a group of them, in order. A write that comes alone is given at once; under load it waits
  // until the group is large, one that is a group by itself has come (a turn of backlog: until it is stored no more is
  // granted), or its first write is `window_max` old. Empty: Stop was called and nothing is left.
  std::deque<QueuedWrite> Take();
  // Nothing of `bytes` is held any more.
  void Release(std::size_t bytes);
  void Stop();

  std::size_t bytes() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  // Waits for more, if the rate promises any and waiting has paid lately.
  void WaitForMore(Lock& lock);
  void NoteRate();

  const std::chrono::microseconds window_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<QueuedWrite> queue_;
  std::size_t bytes_ = 0;
  std::size_t wake_at_ = 1;       // how long the queue must be for Take to go on
  bool large_came_ = false;       // since the last Take: a write that is a group by itself
  Clock::time_point first_push_;  // of what is queued
  Clock::time_point last_take_;
  double writes_per_second_ = 0;  // lately
  int windows_to_skip_ = 0;
  int skip_next_time_ = 1;
  bool stopping_ = false;
};

}  // namespace steward::collector
