#include "collector/policy/site_book.h"

#include <utility>

namespace steward::collector {
namespace {

// The hours were checked when they were read; a week without any counts like one that is always worked, so that deadlines come.
Calendar CalendarOf(const SiteConfig& site, absl::TimeZone zone) {
  Calendar::Definition definition{.zone = zone, .week = {}, .holidays = site.holidays};
  for (std::size_t day = 0; day < site.week.size(); ++day) definition.week[day] = {site.week[day].from, site.week[day].to};
  auto calendar = Calendar::Make(std::move(definition));
  return calendar.ok() ? *std::move(calendar) : Calendar::Always();
}

}  // namespace

SiteBook::SiteBook(const PolicyConfig& policy, absl::TimeZone zone)
    : other_{.terms = {.calendar = Calendar::OfficeHours(zone)}, .zone = zone} {
  for (const auto& [severity, level] : policy.service_levels) other_.terms.levels.Lay(ParseSeverity(severity), level);
  for (const SiteConfig& config : policy.sites) {
    Site site{.terms = {.levels = other_.terms.levels, .critical_servers_always = config.critical_servers_always}, .zone = zone};
    if (!config.time_zone.empty()) absl::LoadTimeZone(config.time_zone, &site.zone);
    site.terms.calendar = CalendarOf(config, site.zone);
    sites_.insert_or_assign(config.name, std::move(site));
  }
}

WindowZones SiteBook::Zones() const {
  WindowZones zones{.other = other_.zone, .sites = {}};
  for (const auto& [name, site] : sites_) zones.sites.emplace(name, site.zone);
  return zones;
}

const SiteBook::Site& SiteBook::Find(std::string_view site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? other_ : found->second;
}

}  // namespace steward::collector
