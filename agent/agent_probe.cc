#include "agent/agent_probe.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace steward::agent {
namespace {

constexpr Metric kBuildInfo{"steward_agent_build_info", "The agent's version; always 1."};
constexpr Metric kCpu{"steward_agent_cpu_seconds_total", "CPU time the agent has used.", MetricType::kCounter, 1, 100};
constexpr Metric kMemory{"steward_agent_resident_memory_bytes", "Resident memory of the agent.", MetricType::kGauge, 4096, 1};
constexpr Metric kSeries{"steward_agent_series", "Live series."};
constexpr Metric kSpoolBytes{"steward_agent_spool_bytes", "Size of the spool on disk.", MetricType::kGauge, 1024, 1};
constexpr Metric kSpoolWaiting{"steward_agent_spool_batches_waiting", "Batches that the collector has not acknowledged."};
constexpr Metric kGivenUp{"steward_agent_batches_given_up_total", "Batches that will never reach the collector; declared as gaps.", MetricType::kCounter};
constexpr Metric kRefused{"steward_agent_batches_refused_total", "Batches that the collector refused.", MetricType::kCounter};
constexpr Metric kConnections{"steward_agent_connections_total", "Connections to the collector since the start.", MetricType::kCounter};
constexpr Metric kDropped{"steward_agent_samples_dropped_total", "Values not taken, by reason.", MetricType::kCounter};
constexpr Metric kSaturated{"steward_agent_samples_saturated_total", "Values beyond 64 bits, cut to the largest.", MetricType::kCounter};
constexpr Metric kProbeSuccess{"steward_agent_probe_success", "Whether the probe's last reading went well."};
constexpr Metric kProbeDuration{"steward_agent_probe_duration_seconds", "How long the probe's last reading took.", MetricType::kGauge, 1, 1000};
constexpr Metric kProbeFailures{"steward_agent_probe_failures_total", "Readings that failed.", MetricType::kCounter};

std::int64_t ResidentPages() {
  long pages = 0;
  long resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * (sysconf(_SC_PAGESIZE) / 4096);
}

std::int64_t CpuHundredths() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) { return time.tv_sec * 100 + time.tv_usec / 10'000; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class AgentProbe final : public Probe {
 public:
  explicit AgentProbe(std::function<AgentNumbers()> numbers) : numbers_(std::move(numbers)) {}

  std::string_view name() const override { return "agent"; }
  absl::Duration interval_min() const override { return absl::Seconds(60); }

  absl::Status Collect(SampleSink& sink) override {
    const AgentNumbers numbers = numbers_();
    sink.Add(kBuildInfo, {{"version", numbers.version}}, 1);
    sink.Add(kCpu, {}, CpuHundredths());
    sink.Add(kMemory, {}, ResidentPages());
    sink.AddUnsigned(kSeries, {}, numbers.series);
    sink.AddUnsigned(kSpoolBytes, {}, numbers.spool.bytes / 1024);
    sink.AddUnsigned(kSpoolWaiting, {}, numbers.spool.batches_waiting);
    sink.AddUnsigned(kGivenUp, {}, numbers.spool.batches_given_up);
    sink.AddUnsigned(kRefused, {}, numbers.refused_batches);
    sink.AddUnsigned(kConnections, {}, numbers.connections);
    sink.AddUnsigned(kDropped, {{"reason", "duplicate"}}, numbers.sampler.duplicate);
    sink.AddUnsigned(kDropped, {{"reason", "invalid"}}, numbers.sampler.invalid);
    sink.AddUnsigned(kDropped, {{"reason", "over_limit"}}, numbers.sampler.over_limit);
    sink.AddUnsigned(kSaturated, {}, numbers.sampler.saturated);
    for (const ProbeHealth& probe : numbers.probes) {
      if (!probe.enabled || probe.absent) continue;
      const LabelView label{"probe", probe.name};
      sink.Add(kProbeSuccess, {label}, probe.error.empty() ? 1 : 0);
      sink.Add(kProbeDuration, {label}, absl::ToInt64Milliseconds(probe.duration));
      sink.AddUnsigned(kProbeFailures, {label}, probe.failures);
    }
    return absl::OkStatus();
  }

 private:
  const std::function<AgentNumbers()> numbers_;
};

}  // namespace

std::unique_ptr<Probe> NewAgentProbe(std::function<AgentNumbers()> numbers) {
  return std::make_unique<AgentProbe>(std::move(numbers));
}

}  // namespace steward::agent
