// When people work at a site: its time zone, the hours of each weekday, its holidays. Service levels are counted in them.
// Pure and immutable: any thread.
#pragma once

#include <array>
#include <optional>
#include <set>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace steward::collector {

class Calendar {
 public:
  // Wall-clock times of a day, since its midnight: 8 h to 17 h. Equal ones: nobody works.
  struct Hours {
    absl::Duration begin, end;
  };
  struct Definition {
    absl::TimeZone zone;
    std::array<Hours, 7> week;  // Monday first
    std::set<absl::CivilDay> holidays;
  };

  // InvalidArgument: hours that are none, or no hour in the whole week.
  static absl::StatusOr<Calendar> Make(Definition definition);
  // The catalogue's default: Monday to Friday, 08:00 to 17:00, no holidays.
  static Calendar OfficeHours(absl::TimeZone zone);
  static Calendar Always();

  // The day by its zone, if people work at that moment.
  std::optional<absl::CivilDay> WorkdayAt(absl::Time time) const;
  // Working time from one moment to the other; zero if `to` is not later.
  absl::Duration Between(absl::Time from, absl::Time to) const;
  // The moment at which that much working time has passed since `from`, the earliest if there are several; `from` itself for
  // none. InfiniteFuture: not within kYears.
  absl::Time Add(absl::Time from, absl::Duration work) const;
  // What "a working day" is when it is counted: the mean of the weekdays that have hours.
  absl::Duration WorkingDay() const { return working_day_; }

  static constexpr int kYears = 20;

 private:
  struct Period {
    absl::Time begin, end;
  };
  explicit Calendar(Definition definition);
  // Of one day; empty (begin >= end) on a day off. On days of a clock change it has the length that the day has.
  Period HoursOf(absl::CivilDay day) const;

  Definition definition_;
  absl::Duration working_day_;
};

}  // namespace steward::collector
