// When somebody works: working_hours, working_days and holidays of a site or a person.
#pragma once

#include <array>
#include <set>

#include "absl/time/civil_time.h"
#include "collector/config/day_time.h"
#include "collector/config/table_reader.h"

namespace steward::collector {

// working_hours = "08:00-17:00" with working_days, or by weekday: { mon = "08:00-17:00" }. Without them Monday to Friday, 08:00
// to 17:00. `midnight`: hours may go over midnight.
void ReadHours(TableReader& reader, bool midnight, std::array<DayHours, 7>& week);
// holidays = [2026-12-24]
void ReadHolidays(TableReader& reader, std::set<absl::CivilDay>& holidays);

}  // namespace steward::collector
