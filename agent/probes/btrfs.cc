#include "agent/probes/btrfs.h"

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

constexpr std::string_view kDirectory = "/sys/fs/btrfs";
constexpr std::int64_t kSectorBytes = 512;
constexpr std::int64_t kMilli = 1000;

constexpr Metric Gauge(std::string_view name, std::string_view help) { return {.name = name, .help = help}; }
constexpr Metric kInfo = Gauge("node_btrfs_info", "Filesystem information");
constexpr Metric kReserve = Gauge("node_btrfs_global_rsv_size_bytes", "Size of global reserve.");
constexpr Metric kReserved = Gauge("node_btrfs_reserved_bytes", "Amount of space reserved for a data type");
constexpr Metric kUsed = Gauge("node_btrfs_used_bytes", "Amount of used space by a layout/data type");
constexpr Metric kSize = Gauge("node_btrfs_size_bytes", "Amount of space allocated for a layout/data type");
constexpr Metric kRatio = {.name = "node_btrfs_allocation_ratio",
                           .help = "Data allocation ratio for a layout/data type",
                           .kind = ValueKind::kDouble};
constexpr Metric kDeviceSize = {.name = "node_btrfs_device_size_bytes",
                                .help = "Size of a device that is part of the filesystem.",
                                .numerator = kSectorBytes};
constexpr Metric kErrors = {.name = "node_btrfs_device_errors_total",
                            .help = "Errors reported for the device",
                            .type = MetricType::kCounter};
constexpr Metric kMissing = Gauge("steward_btrfs_device_missing", "1 if a device of the file system is not there.");

struct CommitStatistic {
  std::string_view key;
  Metric metric;
};
constexpr std::array<CommitStatistic, 4> kCommits = {{
    {"commits",
     {.name = "node_btrfs_commits_total", .help = "The total number of commits that have occurred.", .type = MetricType::kCounter}},
    {"last_commit_ms",
     {.name = "node_btrfs_last_commit_seconds", .help = "Duration of the most recent commit, in seconds.", .denominator = kMilli}},
    {"max_commit_ms",
     {.name = "node_btrfs_max_commit_seconds", .help = "Duration of the slowest commit, in seconds.", .denominator = kMilli}},
    {"total_commit_ms",
     {.name = "node_btrfs_commit_seconds_total",
      .help = "Sum of the duration of all commits, in seconds.",
      .type = MetricType::kCounter,
      .denominator = kMilli}},
}};
constexpr std::array<std::string_view, 3> kBlockGroups = {"data", "metadata", "system"};
constexpr std::array<std::string_view, 5> kErrorTypes = {"corruption", "flush", "generation", "read", "write"};

// Bytes on disks for a byte of data. nullopt: no layout of btrfs.
std::optional<double> AllocationRatio(std::string_view layout, std::size_t devices) {
  const auto count = static_cast<double>(devices);
  if (layout == "single" || layout == "raid0") return 1;
  if (layout == "dup" || layout == "raid1" || layout == "raid10") return 2;
  if (layout == "raid1c3") return 3;
  if (layout == "raid1c4") return 4;
  if (layout == "raid5") return devices > 1 ? count / (count - 1) : 1;
  if (layout == "raid6") return devices > 2 ? count / (count - 2) : 1;
  return std::nullopt;
}

// The number behind `key` in lines of "key number".
std::optional<std::uint64_t> Field(std::string_view text, std::string_view key) {
  std::string_view line;
  while (NextLine(text, line)) {
    std::string_view name;
    if (NextField(line, name) && name == key) return NextUnsigned(line);
  }
  return std::nullopt;
}

class BtrfsProbe final : public Probe {
 public:
  explicit BtrfsProbe(Platform& platform) : platform_(platform), attributes_(platform) {}
  std::string_view name() const override { return "btrfs"; }
  absl::Duration interval_min() const override { return kMinuteInterval; }

  absl::Status Collect(SampleSink& sink) override {
    std::vector<std::string> entries;
    const absl::Status status = platform_.ListDirectory(kDirectory, entries);
    if (!status.ok()) return status;
    bool any = false;
    for (const std::string& uuid : entries) {
      const std::string directory = StrCat(kDirectory, "/", uuid);
      if (!platform_.Exists(directory + "/allocation")) continue;  // "features"
      ReportFileSystem(uuid, directory, sink);
      any = true;
    }
    return any ? absl::OkStatus() : absl::NotFoundError("no btrfs file system");
  }

 private:
  void ReportFileSystem(std::string_view uuid, const std::string& directory, SampleSink& sink) {
    const std::string label(attributes_.Text(directory, "label").value_or(""));
    const LabelView info[] = {{"label", label}, {"uuid", uuid}};
    sink.Add(kInfo, info, 1);
    const LabelView labels[] = {{"uuid", uuid}};
    Add(kReserve, labels, directory + "/allocation", "global_rsv_size", sink);
    if (const auto text = attributes_.Text(directory, "commit_stats")) {
      for (const CommitStatistic& statistic : kCommits) {
        if (const auto value = Field(*text, statistic.key)) sink.AddUnsigned(statistic.metric, labels, *value);
      }
    }
    std::vector<std::string> devices;
    (void)platform_.ListDirectory(directory + "/devices", devices);
    for (const std::string& device : devices) {
      const LabelView of_device[] = {{"device", device}, {"uuid", uuid}};
      Add(kDeviceSize, of_device, directory + "/devices/" + device, "size", sink);
    }
    for (const std::string_view group : kBlockGroups) ReportBlockGroup(uuid, directory, group, devices.size(), sink);
    ReportDevices(uuid, directory + "/devinfo", sink);
  }

  void ReportBlockGroup(std::string_view uuid, const std::string& directory, std::string_view group, std::size_t devices,
                        SampleSink& sink) {
    const std::string place = StrCat(directory, "/allocation/", group);
    const LabelView labels[] = {{"block_group_type", group}, {"uuid", uuid}};
    Add(kReserved, labels, place, "bytes_reserved", sink);
    std::vector<std::string> layouts;
    (void)platform_.ListDirectory(place, layouts);
    for (const std::string& layout : layouts) {
      const std::optional<double> ratio = AllocationRatio(layout, devices);
      if (!ratio.has_value()) continue;
      const LabelView of_layout[] = {{"block_group_type", group}, {"mode", layout}, {"uuid", uuid}};
      Add(kUsed, of_layout, place + "/" + layout, "used_bytes", sink);
      Add(kSize, of_layout, place + "/" + layout, "total_bytes", sink);
      sink.AddDouble(kRatio, of_layout, *ratio);
    }
  }

  void ReportDevices(std::string_view uuid, const std::string& directory, SampleSink& sink) {
    std::vector<std::string> ids;
    (void)platform_.ListDirectory(directory, ids);
    for (const std::string& id : ids) {
      const LabelView labels[] = {{"devid", id}, {"uuid", uuid}};
      Add(kMissing, labels, StrCat(directory, "/", id), "missing", sink);
      const auto text = attributes_.Text(StrCat(directory, "/", id), "error_stats");
      if (!text.has_value()) continue;
      for (const std::string_view type : kErrorTypes) {
        const auto count = Field(*text, StrCat(type, "_errs"));
        const LabelView with_type[] = {{"devid", id}, {"type", type}, {"uuid", uuid}};
        if (count.has_value()) sink.AddUnsigned(kErrors, with_type, *count);
      }
    }
  }

  void Add(const Metric& metric, absl::Span<const LabelView> labels, const std::string& directory, std::string_view file,
           SampleSink& sink) {
    if (const auto value = attributes_.Integer(directory, file)) sink.Add(metric, labels, *value);
  }

  Platform& platform_;
  AttributeReader attributes_;
};

}  // namespace

std::unique_ptr<Probe> MakeBtrfsProbe(Platform& platform) { return std::make_unique<BtrfsProbe>(platform); }

}  // namespace steward::agent
