// [[site]] and [first_weeks]: where machines stand, when people work there, and how long a site is new.
#include <algorithm>

#include "base/text.h"
#include "collector/config/read_hours.h"
#include "collector/config/read_policy.h"

namespace steward::collector {
namespace {

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
  ReadHours(reader, false, site.week);  // calendars count whole days
  ReadHolidays(reader, site.holidays);
  site.critical_servers_always = reader.Word("critical_servers", kCounting).value_or("") == "always";
  sites.push_back(std::move(site));
}

void ReadFirstWeeks(TableReader& reader, FirstWeeksConfig& first_weeks) {
  constexpr absl::Duration kMax = absl::Hours(24 * 84);
  first_weeks.site = reader.Duration("site", absl::ZeroDuration(), kMax).value_or(first_weeks.site);
  first_weeks.machine = reader.Duration("machine", absl::ZeroDuration(), kMax).value_or(first_weeks.machine);
}

}  // namespace steward::collector
