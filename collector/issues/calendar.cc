#include "collector/issues/calendar.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

// By the wall clock: a time that a clock change leaves out or repeats is the one that counts before the change.
absl::Time At(absl::CivilDay day, absl::Duration since_midnight, absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilSecond(day) + absl::ToInt64Seconds(since_midnight), zone);
}

}  // namespace

Calendar::Calendar(Definition definition) : definition_(std::move(definition)) {
  absl::Duration week;
  int days = 0;
  for (const Hours& hours : definition_.week) {
    week += hours.end - hours.begin;
    days += hours.end > hours.begin ? 1 : 0;
  }
  working_day_ = week / std::max(days, 1);
}

absl::StatusOr<Calendar> Calendar::Make(Definition definition) {
  bool any = false;
  for (std::size_t i = 0; i < definition.week.size(); ++i) {
    const Hours& hours = definition.week[i];
    if (hours.begin < absl::ZeroDuration() || hours.end > kDay || hours.begin > hours.end) {
      return absl::InvalidArgumentError(StrCat("working hours of ", kWeekdays[i], " must lie between 00:00 and 24:00, the "
                                                                                  "beginning first"));
    }
    any = any || hours.end > hours.begin;
  }
  if (!any) return absl::InvalidArgumentError("a calendar needs working hours on one weekday at least");
  return Calendar(std::move(definition));
}

Calendar Calendar::OfficeHours(absl::TimeZone zone) {
  Definition definition{.zone = zone, .week = {}, .holidays = {}};
  std::fill_n(definition.week.begin(), 5, Hours{absl::Hours(8), absl::Hours(17)});
  return Calendar(std::move(definition));
}

Calendar Calendar::Always() {
  Definition definition{.zone = absl::UTCTimeZone(), .week = {}, .holidays = {}};
  definition.week.fill({absl::ZeroDuration(), kDay});
  return Calendar(std::move(definition));
}

Calendar::Period Calendar::HoursOf(absl::CivilDay day) const {
  if (definition_.holidays.contains(day)) return {};
  const Hours& hours = definition_.week[static_cast<std::size_t>(absl::GetWeekday(day))];
  if (hours.begin == hours.end) return {};
  return {At(day, hours.begin, definition_.zone), At(day, hours.end, definition_.zone)};
}

std::optional<absl::CivilDay> Calendar::WorkdayAt(absl::Time time) const {
  const absl::CivilDay day = absl::ToCivilDay(time, definition_.zone);
  const Period hours = HoursOf(day);
  return hours.begin <= time && time < hours.end ? std::optional(day) : std::nullopt;
}

absl::Duration Calendar::Between(absl::Time from, absl::Time to) const {
  absl::Duration total;
  if (to <= from) return total;
  const absl::CivilDay last = absl::ToCivilDay(std::min(to, from + kYears * 366 * kDay), definition_.zone);
  for (absl::CivilDay day = absl::ToCivilDay(from, definition_.zone); day <= last; ++day) {
    const Period hours = HoursOf(day);
    total += std::max(std::min(hours.end, to) - std::max(hours.begin, from), absl::ZeroDuration());
  }
  return total;
}

absl::Time Calendar::Add(absl::Time from, absl::Duration work) const {
  if (work <= absl::ZeroDuration()) return from;
  const absl::CivilDay first = absl::ToCivilDay(from, definition_.zone);
  for (absl::CivilDay day = first; day < first + kYears * 366; ++day) {
    const Period hours = HoursOf(day);
    const absl::Time begin = std::max(hours.begin, from);
    if (begin >= hours.end) continue;
    if (work <= hours.end - begin) return begin + work;
    work -= hours.end - begin;
  }
  return absl::InfiniteFuture();
}

}  // namespace steward::collector
