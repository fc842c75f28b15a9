#include "agent/probes/diskstats.h"

#include <array>
#include <optional>

#include "agent/probes/file_probe.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kPath = "/proc/diskstats";
constexpr std::int64_t kSectorBytes = 512;  // in this file, whatever the disk's own sectors are
constexpr std::int64_t kMillisecondsPerSecond = 1000;
// Fields that kernels since 2.6 have; discards came with 4.18, flushes with 5.5.
constexpr std::size_t kFieldsMin = 11;

constexpr Metric Count(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter};
}
constexpr Metric Bytes(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter, .numerator = kSectorBytes};
}
constexpr Metric Seconds(std::string_view name, std::string_view help) {
  return {.name = name, .help = help, .type = MetricType::kCounter, .denominator = kMillisecondsPerSecond};
}

// In the order of the file.
constexpr std::array<Metric, 17> kFields = {{
    Count("node_disk_reads_completed_total", "The total number of reads completed successfully."),
    Count("node_disk_reads_merged_total", "The total number of reads merged."),
    Bytes("node_disk_read_bytes_total", "The total number of bytes read successfully."),
    Seconds("node_disk_read_time_seconds_total", "The total number of seconds spent by all reads."),
    Count("node_disk_writes_completed_total", "The total number of writes completed successfully."),
    Count("node_disk_writes_merged_total", "The number of writes merged."),
    Bytes("node_disk_written_bytes_total", "The total number of bytes written successfully."),
    Seconds("node_disk_write_time_seconds_total", "This is the total number of seconds spent by all writes."),
    {.name = "node_disk_io_now", .help = "The number of I/Os currently in progress."},
    Seconds("node_disk_io_time_seconds_total", "Total seconds spent doing I/Os."),
    Seconds("node_disk_io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os."),
    Count("node_disk_discards_completed_total", "The total number of discards completed successfully."),
    Count("node_disk_discards_merged_total", "The total number of discards merged."),
    Count("node_disk_discarded_sectors_total", "The total number of sectors discarded successfully."),
    Seconds("node_disk_discard_time_seconds_total", "This is the total number of seconds spent by all discards."),
    Count("node_disk_flush_requests_total", "The total number of flush requests completed successfully"),
    Seconds("node_disk_flush_requests_time_seconds_total",
            "This is the total number of seconds spent by all flush requests."),
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "nvme0n1p" before the last digits of a partition.
bool IsNvmePartition(std::string_view stem) {
  if (!stem.starts_with("nvme") || !stem.ends_with('p')) return false;
  stem.remove_prefix(4);
  stem.remove_suffix(1);
  const std::size_t middle = stem.find('n');
  if (middle == std::string_view::npos || middle == 0 || middle + 1 == stem.size()) return false;
  for (std::size_t index = 0; index < stem.size(); ++index) {
    if (index != middle && !IsDigit(stem[index])) return false;
  }
  return true;
}

}  // namespace

bool IsIgnoredDisk(std::string_view device) {
  std::string_view stem = device;
  while (!stem.empty() && IsDigit(stem.back())) stem.remove_suffix(1);
  if (stem.size() == device.size()) return false;
  if (stem == "ram" || stem == "loop" || stem == "fd") return true;
  const auto is_disk = [&](std::string_view prefix) {
    return stem.size() == prefix.size() + 1 && stem.starts_with(prefix) && stem.back() >= 'a' && stem.back() <= 'z';
  };
  return is_disk("hd") || is_disk("sd") || is_disk("vd") || is_disk("xvd") || IsNvmePartition(stem);
}

absl::Status ParseDiskstats(std::string_view text, SampleSink& sink) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view rest = line;
    std::string_view field;
    std::string_view device;
    if (!NextField(rest, field)) continue;
    if (!NextField(rest, field) || !NextField(rest, device)) return Malformed(kPath, line);
    if (IsIgnoredDisk(device)) continue;
    const LabelView labels[] = {{"device", device}};
    for (std::size_t index = 0; index < kFields.size(); ++index) {
      if (!NextField(rest, field)) {
        if (index < kFieldsMin) return Malformed(kPath, line);
        break;
      }
      const std::optional<std::uint64_t> value = ParseUnsigned(field);
      if (!value.has_value()) return Malformed(kPath, line);
      sink.AddUnsigned(kFields[index], labels, *value);
    }
  }
  return absl::OkStatus();
}

std::unique_ptr<Probe> MakeDiskstatsProbe(Platform& platform) {
  return MakeFileProbe(platform, "diskstats", kPath, &ParseDiskstats);
}

}  // namespace steward::agent
