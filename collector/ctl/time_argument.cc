#include "collector/ctl/time_argument.h"

#include <string>

#include "base/duration.h"
#include "base/text.h"

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

absl::StatusOr<absl::Time> ParseDateArgument(std::string_view text, absl::Time now) {
  absl::Time time;
  std::string problem;
  if (absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &problem) && time > absl::InfinitePast() &&
      time < absl::InfiniteFuture()) {
    return time;
  }
  if (absl::ParseTime("%Y-%m-%d", ToAbsl(text), absl::LocalTimeZone(), &time, &problem) && time > absl::InfinitePast() &&
      time < absl::InfiniteFuture()) {
    return time;
  }
  if (const auto from_now = ParseDuration(text); from_now.ok()) return now + *from_now;
  return absl::InvalidArgumentError(
      StrCat("\"", text, "\" is no date: write one as 2026-12-24, 2026-12-24T09:00:00Z, or a duration from now as 8h, 7d"));
}

}  // namespace steward::collector
