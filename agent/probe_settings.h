// What the agent's own file says about probes that watch something of the company's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace steward::agent {

class EndpointList;    // agent/probes/endpoint_list.h
class NoteBoard;       // agent/probes/note_board.h
class PackageUpdates;  // agent/probes/package_updates.h

inline constexpr char kDefaultChecksDirectory[] = "/etc/steward/checks.d";
inline constexpr char kDefaultReportsDirectory[] = "/var/lib/steward-agent/reports";

// When a program of the checks' folder is run, and how long it may take.
struct CheckSettings {
  std::string name;  // the file's
  absl::Duration interval = absl::Minutes(1);
  absl::Duration deadline = absl::Seconds(30);
};

// A Prometheus exporter to ask.
struct ScrapeSettings {
  std::string name;
  std::string url;                    // http://127.0.0.1:9187/metrics
  std::vector<std::string> metrics;   // the only ones taken; "pg_stat_*" means all that begin so
  absl::Duration interval = absl::Minutes(1);
  absl::Duration deadline = absl::Seconds(10);
  std::uint64_t series_max = 500;
};

// Every field has a use in one probe, which says more; what none asks for is left as it is.
struct ProbeSettings {
  std::string checks_directory = kDefaultChecksDirectory;    // [checks] directory
  CheckSettings check;                                       // [checks] interval, deadline
  std::vector<CheckSettings> checks;                         // [[check]]: those with times of their own
  std::vector<ScrapeSettings> scrapes;                       // [[scrape]]
  std::vector<std::string> certificates;                     // [[certificate]] path
  bool names_directories = true;                             // [space] largest_directories: what fills a disk is told by name
  bool names_programs = false;                               // who uses most of memory and processors is told by name: of servers
  std::string reports_directory = kDefaultReportsDirectory;  // what `steward-agent report` leaves: <state>/reports

  bool once = false;  // there is one reading only (`steward-agent probe`): what runs on its own is waited for

  // Shared with the rest of the agent; none: nothing is shared.
  std::shared_ptr<EndpointList> endpoints;
  std::shared_ptr<NoteBoard> notes;
  std::shared_ptr<PackageUpdates> updates;
};

}  // namespace steward::agent
