#include "agent/probes/softnet.h"

#include <array>
#include <optional>
#include <string>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/softnet_stat";
constexpr std::size_t kCpuColumn = 12;  // since Linux 5.10; before that a line is its cpu

constexpr std::array<Metric, 3> kColumns = {{
    {.name = "node_softnet_processed_total", .help = "Number of processed packets", .type = MetricType::kCounter},
    {.name = "node_softnet_dropped_total", .help = "Number of dropped packets", .type = MetricType::kCounter},
    {.name = "node_softnet_times_squeezed_total",
     .help = "Number of times processing packets ran out of quota",
     .type = MetricType::kCounter},
}};

}  // namespace

absl::Status ParseSoftnet(std::string_view text, SampleSink& sink) {
  std::uint64_t line_number = 0;
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::array<std::uint64_t, kColumns.size()> values = {};
    std::uint64_t cpu = line_number++;
    for (std::size_t column = 0; column <= kCpuColumn; ++column) {
      const std::optional<std::uint64_t> value = NextHex(rest);
      if (!value.has_value() && column < values.size()) return Malformed(kPath, line);
      if (!value.has_value()) break;
      if (column < values.size()) values[column] = *value;
      if (column == kCpuColumn) cpu = *value;
    }
    const std::string cpu_text = std::to_string(cpu);
    const LabelView labels[] = {{"cpu", cpu_text}};
    for (std::size_t column = 0; column < values.size(); ++column) {
      sink.AddUnsigned(kColumns[column], labels, values[column]);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeSoftnetProbe(Platform& platform) {
  return MakeFileProbe(platform, "softnet", kPath, &ParseSoftnet);
}

}  // namespace steward::agent
