// What people decide, as plain values: the part of the configuration that may change while the collector runs.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "collector/config/day_time.h"
#include "collector/config/register_entry.h"

namespace steward::collector {

// A place with one time zone and one business calendar.
struct SiteConfig {
  std::string name;                // unique
  std::string time_zone;           // empty: [delivery] time_zone, else this machine's
  std::array<DayHours, 7> week;    // Monday first; empty: nobody works
  std::set<absl::CivilDay> holidays;
  bool critical_servers_always = false;  // what is critical on a server counts round the clock
};

// How long something may take: working time, or working days.
struct WorkSpan {
  absl::Duration time;
  int days = 0;  // instead of `time`, if there are any
  friend bool operator==(const WorkSpan&, const WorkSpan&) = default;
};

// Of one severity; what is not set is the catalogue's.
struct ServiceLevelConfig {
  std::optional<WorkSpan> respond, resolve, decide;
};

// A weekly maintenance window, in the time of the machine's site. Each of machine, class and site that is not empty has to be
// the machine's; one of them is set.
struct WindowConfig {
  std::string name;           // unique
  std::string machine;        // host name or id
  std::string machine_class;
  std::string site;
  std::array<bool, 7> days = {};  // on which it begins, Monday first
  DayHours hours = {};        // `to` before `from`: it ends on the next day
};

// Whose move an issue is when it opens. The row that names the site wins over one that does not, then the one that names the
// type, then the one that names the severity; without a row it is whose the rule says.
struct ResponsibilityConfig {
  std::string party;                     // it-manager, partner
  std::string site;                      // empty: every site
  std::vector<std::string> types;        // of issue; empty: all
  std::vector<std::string> severities;   // empty: all
};

// Somebody who is on duty for a party: when the calendar says that they work, and they are not away.
struct PersonConfig {
  std::string name;     // unique
  std::string party;
  std::string channel;  // by which they are told; empty: as the routes say
  std::array<DayHours, 7> week;
  std::set<absl::CivilDay> holidays;
  std::string deputy;   // another person's name
};
struct PartyConfig {
  std::string lead;      // a person's name
  std::string fallback;  // a channel, when nobody is on duty
};

// How long what was wrong before is reported together instead of told; zero: never.
struct FirstWeeksConfig {
  absl::Duration site = absl::Hours(24 * 14);    // after the site's first machine
  absl::Duration machine = absl::Hours(24 * 3);  // after any machine enrolled
};

// Machines that something is set for together.
struct GroupConfig {
  std::string name;                   // unique
  std::vector<std::string> machines;  // host names, ids, or patterns of host names with * and ?
  // Machines, by host name or id, without which those of the group cannot run; empty: none is known.
  std::string powered_by = {};        // watches the UPS that feeds them
  std::string runs_on = {};           // the hypervisor whose guests they are
};

struct PolicyConfig {
  std::vector<GroupConfig> groups;
  std::vector<SiteConfig> sites;
  std::map<std::string, ServiceLevelConfig> service_levels;  // by severity
  std::vector<WindowConfig> windows;
  std::map<std::string, std::string> runbooks;      // a link, by type of issue
  std::map<std::string, std::string> remote_links;  // a template, by class of machine: "rdp://{fqdn}"
  std::vector<ResponsibilityConfig> responsibility;
  std::vector<PersonConfig> people;
  std::map<std::string, PartyConfig> parties;  // it-manager, partner
  FirstWeeksConfig first_weeks;
  std::vector<RegisterEntry> entries;  // [[register]]
};

}  // namespace steward::collector
