// Time as a parameter: everything that asks what time it is or waits gets a Clock. main.cc makes the real one.
#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"

namespace steward {

// One wait at a time. Destroying or starting anew cancels; a cancelled handler is never called.
// Used from its executor's thread only.
class Timer {
 public:
  virtual ~Timer() = default;
  // Calls `handler` on the executor once `delay` of boot time has passed; a delay of zero or less means at once, posted.
  virtual void Start(absl::Duration delay, std::function<void()> handler) = 0;
  virtual void Cancel() = 0;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // For people and for the store; may step in both directions.
  virtual absl::Time WallNow() const = 0;
  // For intervals: since boot, counting in suspend, never backwards.
  virtual absl::Duration BootNow() const = 0;
  virtual std::unique_ptr<Timer> NewTimer(boost::asio::any_io_executor executor) = 0;
};

// CLOCK_REALTIME, CLOCK_BOOTTIME and Asio's timers.
std::unique_ptr<Clock> NewSystemClock();

}  // namespace steward
