// A maintenance window: agreed time in which machines may be disturbed. Plain values and what follows from them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "collector/config/day_time.h"

namespace steward::collector {

// A moment by the wall clock of a site, or the same everywhere.
struct WindowMoment {
  absl::CivilSecond civil;
  std::optional<absl::Time> absolute;  // instead

  absl::Time In(absl::TimeZone zone) const { return absolute ? *absolute : absl::FromCivil(civil, zone); }
};

struct Window {
  std::string id;
  std::string title;   // what is done
  std::string author;
  std::string party;   // the author's
  // Each that is not empty has to be the machine's; of a site's own issues only a window without machine and class covers any.
  std::string machine;  // id or host name
  std::string machine_class;
  std::string site;
  // Weekly, by the wall clock of the machine's site: on these days, Monday first. `to` not behind `from`: into the next day.
  bool weekly = false;
  std::array<bool, 7> days = {};
  DayHours hours;
  // Or once.
  WindowMoment begin, end;
  absl::Time ended = absl::InfiniteFuture();  // was removed then
};

// Whose window is asked for.
struct WindowScope {
  std::string_view machine_id, host_name, machine_class, site;
};
bool Covers(const Window& window, const WindowScope& scope);

struct Occurrence {
  absl::Time begin, end;
};
// The one that began last at or before `now`, whether it is over or not. A day of a clock change has the length that it has:
// a window from 02:00 to 04:00 in a night without 03:00 to 04:00 is an hour long.
std::optional<Occurrence> LastBegun(const Window& window, absl::TimeZone zone, absl::Time now);
// The one that begins first after `now`.
std::optional<Occurrence> NextBegun(const Window& window, absl::TimeZone zone, absl::Time now);

// "2026-12-24 22:00" or "2026-12-24T22:00", by a site's wall clock; or with an offset, as RFC 3339 has it. InvalidArgument.
absl::StatusOr<WindowMoment> ParseWindowMoment(std::string_view text);

// "sun 02:00-06:00", "2026-12-24 22:00 to 23:30": by the site's clock.
std::string WindowTimes(const Window& window, absl::TimeZone zone);

}  // namespace steward::collector
