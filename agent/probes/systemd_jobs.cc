#include "agent/probes/systemd_jobs.h"

#include <optional>
#include <utility>

namespace steward::agent {
namespace {

constexpr Metric kFailedRuns = {.name = "steward_systemd_job_failed_runs",
                                .help = "Runs of a service that a timer starts which did not end well, since the last good one."};
constexpr Metric kPeriod = {.name = "steward_systemd_timer_period_seconds",
                            .help = "From a timer's last trigger to the next, as it was last planned."};

bool EndedWell(std::string_view result) { return result == "success" || result == "exec-condition"; }

// Nothing: it has not been triggered, or is not planned.
std::optional<absl::Duration> PeriodOf(const SystemdProperties& timer) {
  const auto last = ParseSystemdTime(PropertyOf(timer, "LastTriggerUSec"));
  const auto next = NextElapse(timer);
  if (!last || !next || *next <= *last) return std::nullopt;
  return *next - *last;
}

}  // namespace

SystemdJobs::Job SystemdJobs::After(Job job, const SystemdProperties& service, bool is_running) {
  const std::string_view result = PropertyOf(service, "Result");
  if (is_running || result.empty()) return job;
  const std::string_view ended = PropertyOf(service, "InactiveEnterTimestampMonotonic");
  if (EndedWell(result)) job.failed_runs = 0;
  else if (job.failed_runs == 0 || ended != job.ended) ++job.failed_runs;
  job.ended = ended;
  return job;
}

void SystemdJobs::Note(const std::map<std::string_view, SystemdProperties>& services,
                       const std::map<std::string_view, SystemdProperties>& timers, const std::set<std::string_view>& running) {
  std::map<std::string, Job, std::less<>> jobs;
  std::map<std::string, absl::Duration, std::less<>> periods;
  for (const auto& [name, timer] : timers) {
    const std::string_view unit = PropertyOf(timer, "Unit");
    if (const auto service = services.find(unit); !unit.empty() && service != services.end()) {
      const auto known = jobs_.find(unit);
      jobs[std::string(unit)] = After(known == jobs_.end() ? Job() : known->second, service->second, running.contains(unit));
    }
    const std::optional<absl::Duration> period = PeriodOf(timer);
    if (period) periods[std::string(name)] = *period;
    else if (const auto known = periods_.find(name); known != periods_.end()) periods.insert(*known);
  }
  jobs_ = std::move(jobs);
  periods_ = std::move(periods);
}

void SystemdJobs::Report(SampleSink& sink) const {
  for (const auto& [name, job] : jobs_) {
    const LabelView labels[] = {{"name", name}};
    sink.Add(kFailedRuns, labels, job.failed_runs);
  }
  for (const auto& [name, period] : periods_) {
    const LabelView labels[] = {{"name", name}};
    sink.Add(kPeriod, labels, absl::ToInt64Seconds(period));
  }
}

}  // namespace steward::agent
