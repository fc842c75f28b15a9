#include "collector/api/coverage_messages.h"

#include "collector/api/messages.h"

namespace steward::collector {

v1::CoverageDay CoverageDayMessage(const CoverageDay& day) {
  v1::CoverageDay message;
  message.set_date(absl::FormatTime("%Y-%m-%d", absl::FromUnixMillis(day.day * kDayMs), absl::UTCTimeZone()));
  *message.mutable_from() = ToTimestamp(absl::FromUnixMillis(day.from_ms));
  *message.mutable_to() = ToTimestamp(absl::FromUnixMillis(day.to_ms));
  const auto share = [&](std::int64_t ms) {
    return day.to_ms == day.from_ms ? 0 : static_cast<double>(ms) / static_cast<double>(day.to_ms - day.from_ms);
  };
  message.set_observed_share(share(day.observed_ms));
  message.set_delivered_later_share(share(day.late_ms));
  for (const auto& [cause, ms] : day.gap_ms) {
    if (ms == 0) continue;
    v1::CoverageShare& gap = *message.add_gaps();
    gap.set_cause(std::string(CauseWord(cause)));
    gap.set_share(share(ms));
    *gap.mutable_duration() = ToDuration(absl::Milliseconds(ms));
  }
  for (const Period& period : day.periods) {
    if (period.observed && !period.late) continue;
    v1::CoveragePeriod& shown = *message.add_periods();
    *shown.mutable_from() = ToTimestamp(absl::FromUnixMillis(period.from_ms));
    *shown.mutable_to() = ToTimestamp(absl::FromUnixMillis(period.to_ms));
    shown.set_cause(std::string(CauseWord(period.late ? v1::COVERAGE_CAUSE_LINK_DOWN : period.cause)));
    shown.set_delivered_later(period.late);
  }
  message.set_times_forgotten(day.summary);
  return message;
}

}  // namespace steward::collector
