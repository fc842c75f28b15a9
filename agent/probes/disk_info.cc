#include "agent/probes/disk_info.h"

#include <array>
#include <map>
#include <string>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/attributes.h"
#include "agent/probes/diskstats.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

constexpr std::string_view kDiskstatsPath = "/proc/diskstats";
constexpr std::string_view kUdevPrefix = "/run/udev/data/b";

constexpr Metric kDisk = {.name = "node_disk_info", .help = "Info of /sys/block/<block_device>."};
constexpr Metric kMapper = {.name = "node_disk_device_mapper_info", .help = "Info about disk device mapper."};
constexpr Metric kFileSystem = {.name = "node_disk_filesystem_info", .help = "Info about disk filesystem."};

// udev's properties by name; empty if there are none.
class Properties {
 public:
  explicit Properties(std::string_view text) {
    std::string_view line;
    while (NextLine(text, line)) {
      const std::size_t equals = line.find('=');
      if (!line.starts_with("E:") || equals == std::string_view::npos) continue;
      values_[line.substr(2, equals - 2)] = line.substr(equals + 1);
    }
  }
  std::string_view Get(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? std::string_view() : found->second;
  }

 private:
  std::map<std::string_view, std::string_view> values_;
};

class DiskInfoProbe final : public Probe {
 public:
  explicit DiskInfoProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "disk_info"; }
  absl::Duration interval_min() const override { return kSlowInterval; }

  absl::Status Collect(SampleSink& sink) override {
    const absl::Status status = platform_.ReadFile(kDiskstatsPath, disks_);
    if (!status.ok()) return status;
    std::string_view text = disks_;
    std::string_view line;
    while (NextLine(text, line)) {
      std::string_view major;
      std::string_view minor;
      std::string_view device;
      std::string_view rest = line;
      if (!NextField(rest, major) || !NextField(rest, minor) || !NextField(rest, device)) continue;
      if (!IsIgnoredDisk(device)) Report(major, minor, device, sink);
    }
    return absl::OkStatus();
  }

 private:
  void Report(std::string_view major, std::string_view minor, std::string_view device, SampleSink& sink) {
    const std::string path = std::string(kUdevPrefix).append(major).append(":").append(minor);
    if (!platform_.ReadFile(path, udev_).ok()) udev_.clear();  // no udev here: what the kernel knows must do
    const Properties properties(udev_);
    std::string_view serial = properties.Get("ID_SERIAL_SHORT");
    if (serial.empty()) serial = properties.Get("SCSI_IDENT_SERIAL");
    const LabelView labels[] = {{"device", device},
                                {"major", major},
                                {"minor", minor},
                                {"model", properties.Get("ID_MODEL")},
                                {"path", properties.Get("ID_PATH")},
                                {"revision", properties.Get("ID_REVISION")},
                                {"serial", serial},
                                {"wwn", properties.Get("ID_WWN")}};
    sink.Add(kDisk, labels, 1);
    if (!properties.Get("DM_NAME").empty()) {
      const LabelView mapper[] = {{"device", device},
                                  {"lv_layer", properties.Get("DM_LV_LAYER")},
                                  {"lv_name", properties.Get("DM_LV_NAME")},
                                  {"name", properties.Get("DM_NAME")},
                                  {"uuid", properties.Get("DM_UUID")},
                                  {"vg_name", properties.Get("DM_VG_NAME")}};
      sink.Add(kMapper, mapper, 1);
    }
    if (!properties.Get("ID_FS_TYPE").empty()) {
      const LabelView file_system[] = {{"device", device},
                                       {"type", properties.Get("ID_FS_TYPE")},
                                       {"usage", properties.Get("ID_FS_USAGE")},
                                       {"uuid", properties.Get("ID_FS_UUID")},
                                       {"version", properties.Get("ID_FS_VERSION")}};
      sink.Add(kFileSystem, file_system, 1);
    }
  }

  Platform& platform_;
  std::string disks_;
  std::string udev_;
};

}  // namespace

std::unique_ptr<Probe> MakeDiskInfoProbe(Platform& platform) { return std::make_unique<DiskInfoProbe>(platform); }

}  // namespace steward::agent
