#include "agent/uplink/clock_pair.h"

namespace steward::agent {

ClockPair ReadClocks(const Clock& clock) {
  constexpr int kTries = 4;  // of which the one counts that nothing came between
  absl::Duration boot, wall_minus_boot, shortest = absl::InfiniteDuration();
  for (int i = 0; i < kTries; ++i) {
    const absl::Duration before = clock.BootNow();
    const absl::Duration wall = clock.WallNow() - absl::UnixEpoch();
    boot = clock.BootNow();
    if (boot - before >= shortest) continue;
    shortest = boot - before;
    wall_minus_boot = wall - (before + shortest / 2);
  }
  const std::int64_t boot_ms = absl::ToInt64Milliseconds(boot);
  return {boot_ms, boot_ms + absl::ToInt64Milliseconds(absl::Floor(wall_minus_boot, absl::Milliseconds(1)))};
}

}  // namespace steward::agent
