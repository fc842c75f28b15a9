// When a message that was not taken is tried again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace steward::collector {

inline constexpr absl::Duration kRetryFirst = absl::Seconds(1);
inline constexpr absl::Duration kRetryMax = absl::Minutes(15);
inline constexpr double kRetryJitter = 0.25;                    // share by which a wait varies, both ways
inline constexpr absl::Duration kDeliveryExpires = absl::Hours(72);  // since it was written: then it is dead

// `attempts` were made, at least one; `random` is in [0, 1). The receiver's wish is kept if it is longer.
inline absl::Duration RetryDelay(std::uint32_t attempts, std::optional<absl::Duration> retry_after, double random) {
  absl::Duration delay = kRetryFirst;
  for (std::uint32_t i = 1; i < attempts && delay < kRetryMax; ++i) delay *= 2;
  delay = std::min(delay, kRetryMax) * (1 + kRetryJitter * (2 * random - 1));
  return std::max(delay, retry_after.value_or(absl::ZeroDuration()));
}

}  // namespace steward::collector
