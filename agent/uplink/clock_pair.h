// One moment on both clocks of this machine, as it is told to the collector.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace steward::agent {

struct ClockPair {
  std::int64_t boot_ms = 0;
  std::int64_t wall_ms = 0;
};

// Milliseconds of both, rounded together: as long as the wall clock is not stepped every reading has the same difference.
// Else a collector that was set back and measures a boot anew would lay what it is sent again a millisecond beside where it
// lay before. Any thread.
ClockPair ReadClocks(const Clock& clock);

}  // namespace steward::agent
