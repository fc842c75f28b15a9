#include "agent/probes/interrupts.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/interrupts";
constexpr absl::Duration kInterval = absl::Minutes(1);

constexpr Metric kInterrupts = {
    .name = "node_interrupts_total", .help = "Interrupt details.", .type = MetricType::kCounter};

// "CPU0 CPU2": those that are on.
std::optional<std::vector<std::string_view>> ReadHeading(std::string_view line) {
  std::vector<std::string_view> cpus;
  std::string_view field;
  while (NextField(line, field)) {
    if (!field.starts_with("CPU")) return std::nullopt;
    cpus.push_back(field.substr(3));
  }
  if (cpus.empty()) return std::nullopt;
  return cpus;
}

std::string Joined(std::string_view rest) {
  std::string words;
  std::string_view field;
  while (NextField(rest, field)) {
    if (!words.empty()) words += ' ';
    words += field;
  }
  return words;
}

}  // namespace

absl::Status ParseInterrupts(std::string_view text, SampleSink& sink) {
  std::string_view line;
  if (!NextLine(text, line)) return Malformed(kPath, text);
  const auto cpus = ReadHeading(line);
  if (!cpus.has_value()) return Malformed(kPath, line);
  std::vector<std::uint64_t> counts(cpus->size());
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view type;
    if (!NextField(rest, type)) continue;
    if (!type.ends_with(':')) return Malformed(kPath, line);
    type.remove_suffix(1);
    std::size_t read = 0;
    while (read < counts.size()) {
      const std::optional<std::uint64_t> count = NextUnsigned(rest);
      if (!count.has_value()) break;
      counts[read++] = *count;
    }
    if (read < counts.size()) {  // ERR and MIS count for the whole machine
      if (read == 1) continue;
      return Malformed(kPath, line);
    }
    std::string_view controller;
    const bool numbered = ParseUnsigned(type).has_value() && NextField(rest, controller);
    const std::string words = Joined(rest);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const LabelView labels[] = {{"cpu", (*cpus)[i]},
                                  {"devices", numbered ? std::string_view(words) : std::string_view()},
                                  {"info", numbered ? controller : std::string_view(words)},
                                  {"type", type}};
      sink.AddUnsigned(kInterrupts, labels, counts[i]);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeInterruptsProbe(Platform& platform) {
  return MakeFileProbe(platform, "interrupts", kPath, &ParseInterrupts, kInterval);
}

}  // namespace steward::agent
