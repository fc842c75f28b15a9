// What timers start, over several runs: systemd itself knows of the last one only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/probes/systemctl.h"

namespace steward::agent {

// Counts from the agent's start: a job that has failed before is known to have failed once.
class SystemdJobs {
 public:
  // As just asked. `running`: units that are neither inactive nor failed, of which Result says nothing yet.
  void Note(const std::map<std::string_view, SystemdProperties>& services,
            const std::map<std::string_view, SystemdProperties>& timers, const std::set<std::string_view>& running);
  void Report(SampleSink& sink) const;

 private:
  struct Job {
    std::string ended;             // InactiveEnterTimestampMonotonic of the run that was counted last
    std::int64_t failed_runs = 0;  // since the last good one
  };
  static Job After(Job job, const SystemdProperties& service, bool is_running);

  std::map<std::string, Job, std::less<>> jobs_;                  // by service
  std::map<std::string, absl::Duration, std::less<>> periods_;    // by timer
};

}  // namespace steward::agent
