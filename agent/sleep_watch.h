// Notices that the machine was suspended: the clock that counts in suspend has run ahead of the one that stands still
// then.
#pragma once

#include <functional>
#include <optional>

#include "absl/time/time.h"
#include "base/clock.h"

namespace steward::agent {

// By the boot clock.
struct Sleep {
  absl::Duration begin;
  absl::Duration end;
};

// What counts as the boot clock does, but not in suspend.
using AwakeClock = std::function<absl::Duration()>;
absl::Duration AwakeNow();  // CLOCK_MONOTONIC

// One thread.
class SleepWatch {
 public:
  // Shorter ones leave no gap in what is sampled; and between two readings of clocks a busy machine may let time pass.
  static constexpr absl::Duration kShortest = absl::Seconds(5);

  SleepWatch(const Clock& clock, AwakeClock awake);

  // The suspension since the last look, as one that has just ended; none: there was none.
  std::optional<Sleep> Look();

 private:
  const Clock& clock_;
  const AwakeClock awake_;
  absl::Duration slept_;  // since boot
};

}  // namespace steward::agent
