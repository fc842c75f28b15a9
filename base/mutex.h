// A mutex whose owner may wait for a condition. Built on the standard library's and not abseil's: Debian's abseil is not
// instrumented, so the thread sanitizer would not see that absl::Mutex excludes anything.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

namespace steward {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    WakeWaiting();
    mutex_.unlock();
  }

  // Waits until condition() is true; it is evaluated with the mutex held, again after each Unlock by others.
  template <typename Condition>
  void Await(const Condition& condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    Wait(condition, [this](std::unique_lock<std::mutex>& lock) {
      changed_.wait(lock);
      return true;
    });
  }
  // False if the condition is still false at `deadline`, by the system's clock.
  template <typename Condition>
  bool AwaitUntil(absl::Time deadline, const Condition& condition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    return Wait(condition, [this, deadline](std::unique_lock<std::mutex>& lock) {
      return changed_.wait_until(lock, absl::ToChronoTime(deadline)) == std::cv_status::no_timeout;
    });
  }

 private:
  void WakeWaiting() {
    if (waiting_ > 0) changed_.notify_all();
  }

  // The analysis does not see that the condition runs under the lock which the caller holds.
  template <typename Condition, typename WaitOnce>
  bool Wait(const Condition& condition, const WaitOnce& wait_once) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
    bool in_time = true;
    bool holds = condition();
    if (!holds) WakeWaiting();
    ++waiting_;
    while (!holds && in_time) {
      in_time = wait_once(lock);
      holds = condition();
    }
    --waiting_;
    lock.release();
    return holds;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace steward
