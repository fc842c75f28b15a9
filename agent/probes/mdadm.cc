#include "agent/probes/mdadm.h"

#include <array>
#include <optional>
#include <vector>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/mdstat";

constexpr Metric kState = {.name = "node_md_state", .help = "Indicates the state of md-device."};
constexpr Metric kDisks = {.name = "node_md_disks", .help = "Number of active/failed/spare disks of device."};
constexpr Metric kDisksRequired = {.name = "node_md_disks_required", .help = "Total number of disks of device."};
constexpr Metric kBlocks = {.name = "node_md_blocks", .help = "Total number of blocks on device."};
constexpr Metric kBlocksSynced = {.name = "node_md_blocks_synced", .help = "Number of blocks synced on device."};

constexpr std::array<std::string_view, 5> kStates = {"active", "inactive", "recovering", "resync", "check"};

struct Array {
  std::string_view device;
  std::string_view state;
  std::uint64_t active = 0;
  std::uint64_t failed = 0;
  std::uint64_t spare = 0;
  std::uint64_t required = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_synced = 0;
};

std::uint64_t Count(std::string_view text, std::string_view wanted) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + wanted.size())) {
    ++count;
  }
  return count;
}

bool Contains(std::string_view text, std::string_view wanted) { return text.find(wanted) != std::string_view::npos; }

// "md0 : active raid1 sdb1[1](F) sda1[0]"
bool ParseDevice(std::string_view line, Array& array) {
  std::string_view rest = line;
  std::string_view colon;
  if (!NextField(rest, array.device) || !NextField(rest, colon) || colon != ":" || !NextField(rest, array.state)) {
    return false;
  }
  array.failed = Count(line, "(F)");
  array.spare = Count(line, "(S)");
  return array.state == "active" || array.state == "inactive";
}

// "976630464 blocks super 1.2 [2/1] [U_]"
bool ParseSize(std::string_view device_line, std::string_view line, Array& array) {
  std::string_view rest = line;
  const std::optional<std::uint64_t> blocks = NextUnsigned(rest);
  if (!blocks.has_value()) return false;
  array.blocks = *blocks;
  array.blocks_synced = *blocks;
  if (array.state == "inactive") return true;
  if (Contains(device_line, "raid0") || Contains(device_line, "linear")) {
    array.required = Count(device_line, "[");
    array.active = array.required;
    return true;
  }
  std::string_view field;
  while (NextField(rest, field)) {
    const std::size_t slash = field.find('/');
    if (!field.starts_with('[') || !field.ends_with(']') || slash == std::string_view::npos) continue;
    const auto required = ParseUnsigned(field.substr(1, slash - 1));
    const auto active = ParseUnsigned(field.substr(slash + 1, field.size() - slash - 2));
    if (!required.has_value() || !active.has_value()) return false;
    array.required = *required;
    array.active = *active;
    return true;
  }
  return false;
}

// "[=>....]  recovery =  8.5% (83123312/976630272) finish=112.9min", or "resync=DELAYED".
bool ParseProgress(std::string_view line, Array& array) {
  if (Contains(line, "recovery") || Contains(line, "reshape")) {
    array.state = "recovering";
  } else if (Contains(line, "resync")) {
    array.state = "resync";
  } else if (Contains(line, "check")) {
    array.state = "check";
  } else {
    return true;
  }
  if (Contains(line, "DELAYED") || Contains(line, "PENDING") || Contains(line, "REMOTE")) {
    array.blocks_synced = 0;
    return true;
  }
  const std::size_t open = line.find('(');
  const std::size_t slash = line.find('/', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || slash == std::string_view::npos) return false;
  const auto synced = ParseUnsigned(line.substr(open + 1, slash - open - 1));
  if (!synced.has_value()) return false;
  array.blocks_synced = *synced;
  return true;
}

void Report(const Array& array, SampleSink& sink) {
  for (const std::string_view state : kStates) {
    const LabelView labels[] = {{"device", array.device}, {"state", state}};
    sink.Add(kState, labels, state == array.state ? 1 : 0);
  }
  const LabelView active[] = {{"device", array.device}, {"state", "active"}};
  const LabelView failed[] = {{"device", array.device}, {"state", "failed"}};
  const LabelView spare[] = {{"device", array.device}, {"state", "spare"}};
  sink.AddUnsigned(kDisks, active, array.active);
  sink.AddUnsigned(kDisks, failed, array.failed);
  sink.AddUnsigned(kDisks, spare, array.spare);
  const LabelView device[] = {{"device", array.device}};
  sink.AddUnsigned(kDisksRequired, device, array.required);
  sink.AddUnsigned(kBlocks, device, array.blocks);
  sink.AddUnsigned(kBlocksSynced, device, array.blocks_synced);
}

}  // namespace

absl::Status ParseMdstat(std::string_view text, SampleSink& sink) {
  std::vector<std::string_view> lines;
  std::string_view line;
  while (NextLine(text, line)) lines.push_back(line);
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const std::string_view device_line = lines[index];
    if (device_line.empty() || device_line.front() == ' ' || device_line.starts_with("Personalities") ||
        device_line.starts_with("unused")) {
      continue;
    }
    Array array;
    if (!ParseDevice(device_line, array)) return Malformed(kPath, device_line);
    if (index + 1 >= lines.size() || !ParseSize(device_line, lines[index + 1], array)) {
      return Malformed(kPath, device_line);
    }
    for (std::size_t detail = index + 2; detail < lines.size() && lines[detail].starts_with(' '); ++detail) {
      if (Contains(lines[detail], "bitmap")) continue;
      if (!ParseProgress(lines[detail], array)) return Malformed(kPath, lines[detail]);
    }
    Report(array, sink);
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeMdadmProbe(Platform& platform) {
  return MakeFileProbe(platform, "mdadm", kPath, &ParseMdstat);
}

}  // namespace steward::agent
