// Times as they are stored: Unix milliseconds, the infinities at the ends of the range.
#pragma once

#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace steward::collector {

inline std::int64_t ToStoredMs(absl::Time time) { return absl::ToUnixMillis(time); }  // saturates

inline absl::Time FromStoredMs(std::int64_t ms) {
  if (ms == std::numeric_limits<std::int64_t>::min()) return absl::InfinitePast();
  if (ms == std::numeric_limits<std::int64_t>::max()) return absl::InfiniteFuture();
  return absl::FromUnixMillis(ms);
}

// What a stored time reads back as.
inline absl::Time Stored(absl::Time time) { return FromStoredMs(ToStoredMs(time)); }

}  // namespace steward::collector
