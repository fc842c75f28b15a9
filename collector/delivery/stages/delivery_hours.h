// When people work and when their digests leave, in their time zone. Pure.
#pragma once

#include "absl/time/time.h"
#include "collector/config/config.h"

namespace steward::collector {

class DeliveryHours {
 public:
  // `config` was checked: its zone is known and it has a working day.
  explicit DeliveryHours(const DeliveryConfig& config);

  absl::TimeZone zone() const { return zone_; }
  // `time` itself within working hours, else when they next begin.
  absl::Time WorkFrom(absl::Time time) const;
  // The first morning of a working day after `time`.
  absl::Time MorningAfter(absl::Time time) const;
  // The same of the first working day of a week, which begins on Monday.
  absl::Time WeekAfter(absl::Time time) const;
  // `time` itself outside of these hours, else when they end.
  absl::Time EndOf(const DayHours& hours, absl::Time time) const;

 private:
  absl::Time At(absl::CivilDay day, absl::Duration time_of_day) const;
  absl::Duration TimeOfDay(absl::Time time) const;
  bool IsWorkingDay(absl::CivilDay day) const;
  bool IsFirstOfWeek(absl::CivilDay day) const;

  DeliveryConfig config_;
  absl::TimeZone zone_;
};

}  // namespace steward::collector
