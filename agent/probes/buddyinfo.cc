#include "agent/probes/buddyinfo.h"

#include <optional>
#include <string>

#include "agent/probes/attributes.h"
#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/buddyinfo";

constexpr Metric kBlocks = {.name = "node_buddyinfo_blocks", .help = "Count of free blocks according to size."};

}  // namespace

absl::Status ParseBuddyinfo(std::string_view text, SampleSink& sink) {
  std::string_view line;
  while (NextLine(text, line)) {
    // "Node 0, zone   Normal   4312 ..."
    std::string_view rest = line;
    std::string_view word;
    std::string_view node;
    std::string_view zone;
    if (!NextField(rest, word) || word != "Node" || !NextField(rest, node) || !node.ends_with(',') ||
        !NextField(rest, word) || word != "zone" || !NextField(rest, zone)) {
      return Malformed(kPath, line);
    }
    node.remove_suffix(1);
    std::string_view field;
    for (int size = 0; NextField(rest, field); ++size) {
      const std::optional<std::uint64_t> blocks = ParseUnsigned(field);
      if (!blocks.has_value()) return Malformed(kPath, line);
      const std::string size_text = std::to_string(size);
      const LabelView labels[] = {{"node", node}, {"size", size_text}, {"zone", zone}};
      sink.AddUnsigned(kBlocks, labels, *blocks);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeBuddyinfoProbe(Platform& platform) {
  return MakeFileProbe(platform, "buddyinfo", kPath, &ParseBuddyinfo, kMinuteInterval);
}

}  // namespace steward::agent
