// Ends a long statement of a connection from another thread. A progress handler would not do: SQLite's checks of a whole
// tree are one step of its machine.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace steward::collector {

// As long as it lives, statements of the connection fail with SQLITE_INTERRUPT from when `ended` first is true.
class InterruptWhen {
 public:
  // `ended` is called on a thread of its own, now and then.
  InterruptWhen(sqlite3* connection, std::function<bool()> ended)
      : connection_(connection), ended_(std::move(ended)), thread_([this] { Watch(); }) {}
  ~InterruptWhen() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  InterruptWhen(const InterruptWhen&) = delete;
  InterruptWhen& operator=(const InterruptWhen&) = delete;

 private:
  static constexpr std::chrono::milliseconds kLookEvery{20};

  void Watch() {
    std::unique_lock lock(mutex_);
    // Again and again: one that comes between two statements is lost.
    while (!changed_.wait_for(lock, kLookEvery, [this] { return over_; })) {
      if (ended_()) sqlite3_interrupt(connection_);
    }
  }

  sqlite3* const connection_;
  const std::function<bool()> ended_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace steward::collector
