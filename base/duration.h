// Durations as people write them: "15s", "30m", "1h30m", "7d".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward {

// Units: ms, s, m, h, d, w; several may follow each other, largest first or not ("1h30m"). A number without a unit is an
// error, "0" too. Never negative. InvalidArgument says what is wrong and what to write instead.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// The shortest such text: "90s" becomes "1m30s".
std::string DurationText(absl::Duration duration);

}  // namespace steward
