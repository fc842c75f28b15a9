#include "collector/issues/window.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/text.h"
#include "collector/config/weekdays.h"

namespace steward::collector {
namespace {

constexpr int kDaysLooked = 9;  // a weekly window begins within each week; one more at either end

std::size_t IndexOf(absl::CivilDay day) { return static_cast<std::size_t>(absl::GetWeekday(day)); }

absl::Time At(absl::CivilDay day, absl::Duration since_midnight, absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilSecond(day) + absl::ToInt64Seconds(since_midnight), zone);
}

Occurrence BegunOn(const Window& window, absl::CivilDay day, absl::TimeZone zone) {
  const bool next_day = window.hours.to <= window.hours.from;
  return {At(day, window.hours.from, zone), At(next_day ? day + 1 : day, window.hours.to, zone)};
}

// Removed while it lasts it ends there; before that it never comes.
std::optional<Occurrence> Cut(const Window& window, Occurrence occurrence) {
  if (occurrence.begin >= window.ended) return std::nullopt;
  return Occurrence{occurrence.begin, std::min(occurrence.end, window.ended)};
}

std::string DayTimeText(absl::Duration time) {
  const std::int64_t minutes = absl::ToInt64Minutes(time);
  return absl::StrFormat("%02d:%02d", minutes / 60, minutes % 60);
}

}  // namespace

bool Covers(const Window& window, const WindowScope& scope) {
  const bool machine = window.machine.empty() ||
                       (!scope.machine_id.empty() && (window.machine == scope.machine_id || window.machine == scope.host_name));
  return machine && (window.machine_class.empty() || window.machine_class == scope.machine_class) &&
         (window.site.empty() || window.site == scope.site);
}

std::optional<Occurrence> LastBegun(const Window& window, absl::TimeZone zone, absl::Time now) {
  if (!window.weekly) {
    const Occurrence once = {window.begin.In(zone), window.end.In(zone)};
    return once.begin <= now ? Cut(window, once) : std::nullopt;
  }
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  for (absl::CivilDay day = today; day > today - kDaysLooked; --day) {
    if (!window.days[IndexOf(day)]) continue;
    const Occurrence occurrence = BegunOn(window, day, zone);
    if (occurrence.begin > now) continue;
    if (auto cut = Cut(window, occurrence)) return cut;
  }
  return std::nullopt;
}

std::optional<Occurrence> NextBegun(const Window& window, absl::TimeZone zone, absl::Time now) {
  if (!window.weekly) {
    const Occurrence once = {window.begin.In(zone), window.end.In(zone)};
    return once.begin > now ? Cut(window, once) : std::nullopt;
  }
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  for (absl::CivilDay day = today; day < today + kDaysLooked; ++day) {
    if (!window.days[IndexOf(day)]) continue;
    const Occurrence occurrence = BegunOn(window, day, zone);
    if (occurrence.begin > now) return Cut(window, occurrence);
  }
  return std::nullopt;
}

absl::StatusOr<WindowMoment> ParseWindowMoment(std::string_view text) {
  WindowMoment moment;
  absl::Time time;
  std::string problem;
  const bool finite = absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &problem) && time > absl::InfinitePast() &&
                      time < absl::InfiniteFuture();
  if (finite) {
    moment.absolute = time;
    return moment;
  }
  for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"}) {
    if (!absl::ParseTime(format, ToAbsl(text), absl::UTCTimeZone(), &time, &problem) || time <= absl::InfinitePast() ||
        time >= absl::InfiniteFuture()) {
      continue;
    }
    moment.civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
    return moment;
  }
  return absl::InvalidArgumentError(StrCat("\"", text.substr(0, 60), "\" is no time; write one by the site's clock as \"2026-12-24 22:00\", or "
                                                                      "with an offset as 2026-12-24T20:00:00Z"));
}

std::string WindowTimes(const Window& window, absl::TimeZone zone) {
  if (!window.weekly) {
    const absl::Time begin = window.begin.In(zone);
    const absl::Time end = window.end.In(zone);
    const bool same_day = absl::ToCivilDay(begin, zone) == absl::ToCivilDay(end, zone);
    return StrCat(absl::FormatTime("%Y-%m-%d %H:%M", begin, zone), " to ",
                  absl::FormatTime(same_day ? "%H:%M" : "%Y-%m-%d %H:%M", end, zone));
  }
  std::string days;
  for (std::size_t day = 0; day < window.days.size(); ++day) {
    if (window.days[day]) StrAppend(&days, days.empty() ? "" : ",", kWeekdays[day]);
  }
  return StrCat(days, " ", DayTimeText(window.hours.from), "-", DayTimeText(window.hours.to));
}

}  // namespace steward::collector
