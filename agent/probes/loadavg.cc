#include "agent/probes/loadavg.h"

#include <array>
#include <optional>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/loadavg";

constexpr std::array<Metric, 3> kLoads = {{
    {.name = "node_load1", .help = "1m load average.", .denominator = 100},
    {.name = "node_load5", .help = "5m load average.", .denominator = 100},
    {.name = "node_load15", .help = "15m load average.", .denominator = 100},
}};

}  // namespace

absl::Status ParseLoadAverage(std::string_view text, SampleSink& sink) {
  std::string_view rest = Trimmed(text);
  for (const Metric& load : kLoads) {
    std::string_view field;
    NextField(rest, field);
    const std::optional<std::int64_t> hundredths = ParseFixed(field, 2);
    if (!hundredths.has_value()) return Malformed(kPath, text);
    sink.Add(load, {}, *hundredths);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeLoadAverageProbe(Platform& platform) {
  return MakeFileProbe(platform, "loadavg", kPath, &ParseLoadAverage);
}

}  // namespace steward::agent
