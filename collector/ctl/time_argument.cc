#include "collector/ctl/time_argument.h"

#include <string>

#include "base/text.h"
#include "collector/config/duration.h"

namespace steward::collector {

absl::StatusOr<absl::Time> ParseTimeArgument(std::string_view text, absl::Time now) {
  if (text == "now") return now;
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &problem) && time > absl::InfinitePast() &&
      time < absl::InfiniteFuture()) {
    return time;
  }
  if (const auto before = ParseDuration(text); before.ok()) return now - *before;
  return absl::InvalidArgumentError(
      StrCat("\"", text, "\" is no time: write one as 2026-11-22T09:00:00Z, or a duration before now as 90s, 1h, 7d"));
}

}  // namespace steward::collector
