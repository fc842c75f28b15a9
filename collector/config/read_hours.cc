#include "collector/config/read_hours.h"

#include "base/text.h"
#include "collector/config/weekdays.h"

namespace steward::collector {
namespace {

constexpr DayHours kOfficeHours = {absl::Hours(8), absl::Hours(17)};

std::optional<DayHours> HoursOfOneDay(TableReader& reader, std::string_view key, bool midnight) {
  const auto text = reader.String(key);
  if (!text) return std::nullopt;
  const auto hours = ParseDayHours(*text);
  if (hours && (midnight || hours->from < hours->to)) return hours;
  reader.Error(key, StrCat("\"", text->substr(0, 40), "\" is not a part of one day; write \"08:00-17:00\""));
  return std::nullopt;
}

// By weekday: { mon = "08:00-17:00", fri = "08:00-15:00" }; days that are not named are off.
void ReadHoursByDay(TableReader& reader, bool midnight, std::array<DayHours, 7>& week) {
  reader.Table("working_hours", [&](TableReader& days) {
    for (std::size_t day = 0; day < kWeekdays.size(); ++day) week[day] = HoursOfOneDay(days, kWeekdays[day], midnight).value_or(DayHours());
    if (days.table().empty()) days.Error("mon", "working_hours has no day; write working_hours = { mon = \"08:00-17:00\" }");
  });
  if (reader.Has("working_days")) {
    reader.Error("working_days", "working_hours says already which days are worked; take working_days out");
    reader.Strings("working_days");
  }
}

void ReadHoursOfAll(TableReader& reader, bool midnight, std::array<DayHours, 7>& week) {
  const DayHours hours = HoursOfOneDay(reader, "working_hours", midnight).value_or(kOfficeHours);
  const auto days = ReadWeekdays(reader, "working_days").value_or(std::array<bool, 7>{true, true, true, true, true, false, false});
  for (std::size_t day = 0; day < days.size(); ++day) week[day] = days[day] ? hours : DayHours();
}

}  // namespace

void ReadHours(TableReader& reader, bool midnight, std::array<DayHours, 7>& week) {
  const toml::node* hours = reader.table().get("working_hours");
  if (hours != nullptr && hours->is_table()) {
    ReadHoursByDay(reader, midnight, week);
  } else {
    ReadHoursOfAll(reader, midnight, week);
  }
}

void ReadHolidays(TableReader& reader, std::set<absl::CivilDay>& holidays) {
  for (const absl::CivilDay day : reader.Dates("holidays").value_or(std::vector<absl::CivilDay>())) holidays.insert(day);
}

}  // namespace steward::collector
