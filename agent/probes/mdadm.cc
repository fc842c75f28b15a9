#include "agent/probes/mdadm.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/text.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/mdstat";

constexpr Metric kState = {.name = "node_md_state", .help = "Indicates the state of md-device."};
constexpr Metric kDisks = {.name = "node_md_disks", .help = "Number of active/failed/spare disks of device."};
constexpr Metric kDisksRequired = {.name = "node_md_disks_required", .help = "Total number of disks of device."};
constexpr Metric kBlocks = {.name = "node_md_blocks", .help = "Total number of blocks on device."};
constexpr Metric kBlocksSynced = {.name = "node_md_blocks_synced", .help = "Number of blocks synced on device."};
constexpr Metric kDegraded = {.name = "node_md_degraded", .help = "Number of degraded disks on device."};
constexpr Metric kMismatch = {.name = "steward_md_mismatch_sectors",
                              .help = "Sectors that the last check or repair found to differ between the disks."};

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

// What mdstat does not tell is in sysfs; arrays without redundancy have none of it.
class MdadmProbe final : public Probe {
 public:
  explicit MdadmProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "mdadm"; }

  absl::Status Collect(SampleSink& sink) override {
    if (absl::Status status = platform_.ReadFile(kPath, text_); !status.ok()) return status;
    if (absl::Status status = ParseMdstat(text_, sink); !status.ok()) return status;
    std::string_view rest = text_;
    std::string_view line;
    while (NextLine(rest, line)) {
      Array array;
      if (ParseDevice(line, array)) ReportRedundancy(array.device, sink);
    }
    return absl::OkStatus();
  }

 private:
  void ReportRedundancy(std::string_view device, SampleSink& sink) {
    const std::string directory = StrCat("/sys/block/", device, "/md");
    const LabelView labels[] = {{"device", device}};
    if (const auto degraded = attributes_.Integer(directory, "degraded")) sink.Add(kDegraded, labels, *degraded);
    if (const auto sectors = attributes_.Integer(directory, "mismatch_cnt")) sink.Add(kMismatch, labels, *sectors);
  }

  Platform& platform_;
  AttributeReader attributes_;
  std::string text_;
};

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

std::unique_ptr<Probe> MakeMdadmProbe(Platform& platform) { return std::make_unique<MdadmProbe>(platform); }

}  // namespace steward::agent
