#include "agent/probes/pressure.h"

#include <array>
#include <optional>
#include <string>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

constexpr Metric Stalls(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter, .denominator = kMicrosecondsPerSecond};
}

struct Resource {
  PressureResource resource;
  std::string_view path;
  Metric waiting;  // "some"
  Metric stalled;  // "full"; without a name where it means nothing
};

constexpr std::array<Resource, 3> kResources = {{
    {PressureResource::kCpu,
     "/proc/pressure/cpu",
     Stalls("node_pressure_cpu_waiting_seconds_total", "Total time in seconds that processes have waited for CPU time"),
     {}},
    {PressureResource::kIo, "/proc/pressure/io",
     Stalls("node_pressure_io_waiting_seconds_total",
            "Total time in seconds that processes have waited due to IO congestion"),
     Stalls("node_pressure_io_stalled_seconds_total",
            "Total time in seconds no process could make progress due to IO congestion")},
    {PressureResource::kMemory, "/proc/pressure/memory",
     Stalls("node_pressure_memory_waiting_seconds_total",
            "Total time in seconds that processes have waited for memory"),
     Stalls("node_pressure_memory_stalled_seconds_total",
            "Total time in seconds no process could make progress due to memory congestion")},
}};

class PressureProbe final : public Probe {
 public:
  explicit PressureProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "pressure"; }
  absl::Status Collect(SampleSink& sink) override {
    for (const Resource& resource : kResources) {
      absl::Status status = platform_.ReadFile(resource.path, text_);
      // A kernel booted with psi=0 has the files and refuses to read them.
      if (absl::IsInvalidArgument(status)) return absl::NotFoundError(status.message());
      if (status.ok()) status = ParsePressure(resource.resource, text_, sink);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  Platform& platform_;
  std::string text_;
};

}  // namespace

absl::Status ParsePressure(PressureResource wanted, std::string_view text, SampleSink& sink) {
  constexpr std::string_view kTotal = "total=";
  const Resource& resource = kResources[static_cast<std::size_t>(wanted)];
  bool any = false;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view word;
    if (!NextField(rest, word)) continue;
    const Metric& metric = word == "some" ? resource.waiting : resource.stalled;
    const std::size_t total = rest.find(kTotal);
    if ((word != "some" && word != "full") || total == std::string_view::npos) return Malformed(resource.path, line);
    const std::optional<std::uint64_t> value = ParseUnsigned(Trimmed(rest.substr(total + kTotal.size())));
    if (!value.has_value()) return Malformed(resource.path, line);
    if (!metric.name.empty()) sink.AddUnsigned(metric, {}, *value);
    any = true;
  }
  return any ? absl::OkStatus() : Malformed(resource.path, text);
}

std::unique_ptr<Probe> MakePressureProbe(Platform& platform) { return std::make_unique<PressureProbe>(platform); }

}  // namespace steward::agent
