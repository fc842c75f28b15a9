#include "agent/sleep_watch.h"

#include <ctime>
#include <utility>

namespace steward::agent {

absl::Duration AwakeNow() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

SleepWatch::SleepWatch(const Clock& clock, AwakeClock awake)
    : clock_(clock), awake_(std::move(awake)), slept_(clock_.BootNow() - awake_()) {}

std::optional<Sleep> SleepWatch::Look() {
  const absl::Duration now = clock_.BootNow();
  const absl::Duration slept = now - awake_();
  const absl::Duration since = slept - slept_;
  if (since < kShortest) return std::nullopt;  // nothing is forgotten: short ones add up
  slept_ = slept;
  return Sleep{now - since, now};
}

}  // namespace steward::agent
