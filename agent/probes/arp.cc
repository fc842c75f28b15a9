#include "agent/probes/arp.h"

#include <map>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/net/arp";
constexpr int kDeviceField = 5;

constexpr Metric kEntries = {.name = "node_arp_entries", .help = "ARP entries by device"};

}  // namespace

absl::Status ParseArp(std::string_view text, SampleSink& sink) {
  std::map<std::string_view, std::int64_t> entries;
  std::string_view line;
  NextLine(text, line);  // the heading
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view field;
    for (int index = 0; index <= kDeviceField; ++index) {
      if (!NextField(rest, field)) return Malformed(kPath, line);
    }
    ++entries[field];
  }
  for (const auto& [device, count] : entries) {
    const LabelView labels[] = {{"device", device}};
    sink.Add(kEntries, labels, count);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeArpProbe(Platform& platform) { return MakeFileProbe(platform, "arp", kPath, &ParseArp); }

}  // namespace steward::agent
