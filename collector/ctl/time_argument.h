// Times on the command line.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::collector {

// An RFC 3339 time, or a duration before `now` ("1h", "7d"), or "now". InvalidArgument says what to write.
absl::StatusOr<absl::Time> ParseTimeArgument(std::string_view text, absl::Time now);

// An RFC 3339 time, a day ("2026-12-24": its beginning here), or a duration from `now` on ("7d").
absl::StatusOr<absl::Time> ParseDateArgument(std::string_view text, absl::Time now);

}  // namespace steward::collector
