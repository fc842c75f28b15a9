// Times of the day as people write them: "07:00", "08:00-17:00".
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace steward::collector {

// A span of every day, since midnight. `to` before `from`: over midnight; equal: none.
struct DayHours {
  absl::Duration from = absl::ZeroDuration();
  absl::Duration to = absl::ZeroDuration();

  bool empty() const { return from == to; }
  bool Contains(absl::Duration time_of_day) const {
    return from <= to ? from <= time_of_day && time_of_day < to : time_of_day >= from || time_of_day < to;
  }
};

// "07:00"; 24 hours, two digits each. None for anything else.
std::optional<absl::Duration> ParseDayTime(std::string_view text);
// "08:00-17:00"; "24:00" may stand at the end.
std::optional<DayHours> ParseDayHours(std::string_view text);

}  // namespace steward::collector
