// [[site]]: where machines stand, and when people work there.
#include <algorithm>

#include "base/text.h"
#include "collector/config/read_policy.h"
#include "collector/config/weekdays.h"

namespace steward::collector {
namespace {

constexpr DayHours kOfficeHours = {absl::Hours(8), absl::Hours(17)};

// Calendars count whole days: hours do not go over midnight.
std::optional<DayHours> HoursOfOneDay(TableReader& reader, std::string_view key) {
  const auto text = reader.String(key);
  if (!text) return std::nullopt;
  const auto hours = ParseDayHours(*text);
  if (hours && hours->from < hours->to) return hours;
  reader.Error(key, StrCat("\"", text->substr(0, 40), "\" is not a part of one day; write \"08:00-17:00\""));
  return std::nullopt;
}

// By weekday: { mon = "08:00-17:00", fri = "08:00-15:00" }; days that are not named are off.
void ReadHoursByDay(TableReader& reader, SiteConfig& site) {
  reader.Table("working_hours", [&](TableReader& days) {
    for (std::size_t day = 0; day < kWeekdays.size(); ++day) site.week[day] = HoursOfOneDay(days, kWeekdays[day]).value_or(DayHours());
    if (days.table().empty()) days.Error("mon", "working_hours has no day; write working_hours = { mon = \"08:00-17:00\" }");
  });
  if (reader.Has("working_days")) {
    reader.Error("working_days", "working_hours says already which days are worked; take working_days out");
    reader.Strings("working_days");
  }
}

void ReadHoursOfAll(TableReader& reader, SiteConfig& site) {
  const DayHours hours = HoursOfOneDay(reader, "working_hours").value_or(kOfficeHours);
  const auto days = ReadWeekdays(reader, "working_days").value_or(std::array<bool, 7>{true, true, true, true, true, false, false});
  for (std::size_t day = 0; day < days.size(); ++day) site.week[day] = days[day] ? hours : DayHours();
}

void CheckZone(TableReader& reader, const SiteConfig& site) {
  absl::TimeZone zone;
  if (site.time_zone.empty() || absl::LoadTimeZone(site.time_zone, &zone)) return;
  reader.Error("time_zone", StrCat("this machine knows no time zone \"", site.time_zone.substr(0, 60),
                                   "\"; write one such as \"Europe/Tallinn\""));
}

}  // namespace

void ReadSite(TableReader& reader, std::vector<SiteConfig>& sites) {
  static const std::vector<std::string> kCounting = {"working-hours", "always"};
  SiteConfig site;
  site.name = reader.RequiredString("name").value_or("");
  if (std::any_of(sites.begin(), sites.end(), [&](const SiteConfig& other) { return other.name == site.name; })) {
    reader.Error("name", StrCat("another [[site]] is called \"", site.name, "\"; describe each once"));
  }
  site.time_zone = reader.String("time_zone").value_or("");
  CheckZone(reader, site);
  const toml::node* hours = reader.table().get("working_hours");
  if (hours != nullptr && hours->is_table()) {
    ReadHoursByDay(reader, site);
  } else {
    ReadHoursOfAll(reader, site);
  }
  for (const absl::CivilDay day : reader.Dates("holidays").value_or(std::vector<absl::CivilDay>())) site.holidays.insert(day);
  site.critical_servers_always = reader.Word("critical_servers", kCounting).value_or("") == "always";
  sites.push_back(std::move(site));
}

}  // namespace steward::collector
