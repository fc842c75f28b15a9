#include "agent/probes/schedstat.h"

#include <array>
#include <optional>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/schedstat";
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
// After "cpu0": run time, wait time and slices are the last three of nine numbers.
constexpr int kFieldsBefore = 6;

constexpr std::array<Metric, 3> kFields = {{
    {.name = "node_schedstat_running_seconds_total",
     .help = "Number of seconds CPU spent running a process.",
     .type = MetricType::kCounter,
     .denominator = kNanosecondsPerSecond},
    {.name = "node_schedstat_waiting_seconds_total",
     .help = "Number of seconds spent by processing waiting for this CPU.",
     .type = MetricType::kCounter,
     .denominator = kNanosecondsPerSecond},
    {.name = "node_schedstat_timeslices_total",
     .help = "Number of timeslices executed by CPU.",
     .type = MetricType::kCounter},
}};

}  // namespace

absl::Status ParseSchedstat(std::string_view text, SampleSink& sink) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view cpu;
    if (!NextField(rest, cpu) || !cpu.starts_with("cpu")) continue;
    for (int skipped = 0; skipped < kFieldsBefore; ++skipped) {
      if (!NextUnsigned(rest).has_value()) return Malformed(kPath, line);
    }
    const LabelView labels[] = {{"cpu", cpu.substr(3)}};
    for (const Metric& field : kFields) {
      const std::optional<std::uint64_t> value = NextUnsigned(rest);
      if (!value.has_value()) return Malformed(kPath, line);
      sink.AddUnsigned(field, labels, *value);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeSchedstatProbe(Platform& platform) {
  return MakeFileProbe(platform, "schedstat", kPath, &ParseSchedstat);
}

}  // namespace steward::agent
