#include "agent/probes/filesystem.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>
#include <tuple>

#include "agent/platform/platform.h"
#include "agent/probes/text.h"

namespace steward::agent {
namespace {

// The first process's view: an agent in a hardened unit has mounts of its own.
constexpr std::array<std::string_view, 2> kPaths = {"/proc/1/mountinfo", "/proc/self/mountinfo"};

constexpr Metric kSize = {.name = "node_filesystem_size_bytes", .help = "Filesystem size in bytes."};
constexpr Metric kFree = {.name = "node_filesystem_free_bytes", .help = "Filesystem free space in bytes."};
constexpr Metric kAvailable = {.name = "node_filesystem_avail_bytes",
                               .help = "Filesystem space available to non-root users in bytes."};
constexpr Metric kFiles = {.name = "node_filesystem_files", .help = "Filesystem total file nodes."};
constexpr Metric kFilesFree = {.name = "node_filesystem_files_free", .help = "Filesystem total free file nodes."};
constexpr Metric kReadOnly = {.name = "node_filesystem_readonly", .help = "Filesystem read-only status."};
constexpr Metric kDeviceError = {.name = "node_filesystem_device_error",
                                 .help = "Whether an error occurred while getting statistics for the given device."};

constexpr std::array<std::string_view, 24> kIgnoredTypes = {
    "autofs",   "binfmt_misc", "bpf",        "cgroup",     "cgroup2",   "configfs", "debugfs", "devpts",
    "devtmpfs", "fusectl",     "hugetlbfs",  "iso9660",    "mqueue",    "nsfs",     "overlay", "proc",
    "procfs",   "pstore",      "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs",   "tracefs"};
constexpr std::array<std::string_view, 6> kIgnoredPlaces = {"/dev", "/proc", "/run", "/sys", "/mnt", "/media"};
constexpr std::array<std::string_view, 2> kIgnoredBelow = {"/var/lib/docker/", "/var/lib/containers/storage/"};

// "\040" is a blank.
std::string Unescaped(std::string_view text) {
  const auto octal = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '7'; };
  std::string result;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if (text[index] == '\\' && octal(index + 1) && octal(index + 2) && octal(index + 3)) {
      const int code = (text[index + 1] - '0') * 64 + (text[index + 2] - '0') * 8 + (text[index + 3] - '0');
      result += static_cast<char>(code);
      index += 3;
    } else {
      result += text[index];
    }
  }
  return result;
}

bool HasOption(std::string_view options, std::string_view wanted) {
  std::string_view option;
  while (NextPart(options, ',', option)) {
    if (option == wanted) return true;
  }
  return false;
}

// Of the super block. ext4 since Linux 6.12 stays "rw" when an error has made it refuse writes, and says so by a word.
bool IsReadOnly(std::string_view super_options) {
  return HasOption(super_options, "ro") || HasOption(super_options, "emergency_ro");
}

std::uint64_t Bytes(std::uint64_t blocks, std::uint64_t block_size) {
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(blocks, block_size, &bytes) ? std::numeric_limits<std::uint64_t>::max() : bytes;
}

class FilesystemProbe final : public Probe {
 public:
  explicit FilesystemProbe(Platform& platform) : platform_(platform) {}
  std::string_view name() const override { return "filesystem"; }

  absl::Status Collect(SampleSink& sink) override {
    absl::Status status;
    for (const std::string_view path : kPaths) {
      status = platform_.ReadFile(path, text_);
      if (status.ok()) break;
    }
    if (!status.ok()) return status;
    absl::StatusOr<std::vector<Mount>> all = ParseMountinfo(text_);
    if (!all.ok()) return all.status();
    std::vector<Mount> mounts;
    std::vector<std::string> mount_points;
    std::set<std::tuple<std::string_view, std::string_view, std::string_view>> seen;
    for (const Mount& mount : *all) {
      if (IsIgnoredFileSystem(mount.fs_type) || IsIgnoredMountPoint(mount.mount_point)) continue;
      if (!seen.emplace(mount.device, mount.fs_type, mount.mount_point).second) continue;
      mounts.push_back(mount);
      mount_points.push_back(mount.mount_point);
    }
    const auto answers = platform_.StatFileSystems(mount_points, kFileSystemDeadline);
    for (std::size_t index = 0; index < mounts.size(); ++index) Report(mounts[index], answers[index], sink);
    return absl::OkStatus();
  }

 private:
  static void Report(const Mount& mount, const absl::StatusOr<FileSystemStats>& answer, SampleSink& sink) {
    const LabelView labels[] = {{"device", mount.device}, {"fstype", mount.fs_type}, {"mountpoint", mount.mount_point}};
    sink.Add(kDeviceError, labels, answer.ok() ? 0 : 1);
    if (!answer.ok()) return;
    sink.AddUnsigned(kSize, labels, Bytes(answer->blocks, answer->block_size));
    sink.AddUnsigned(kFree, labels, Bytes(answer->blocks_free, answer->block_size));
    sink.AddUnsigned(kAvailable, labels, Bytes(answer->blocks_available, answer->block_size));
    sink.AddUnsigned(kFiles, labels, answer->files);
    sink.AddUnsigned(kFilesFree, labels, answer->files_free);
    sink.Add(kReadOnly, labels, mount.is_read_only ? 1 : 0);
  }

  Platform& platform_;
  std::string text_;
};

}  // namespace

bool IsIgnoredFileSystem(std::string_view fs_type) {
  return std::find(kIgnoredTypes.begin(), kIgnoredTypes.end(), fs_type) != kIgnoredTypes.end();
}

bool IsIgnoredMountPoint(std::string_view mount_point) {
  const auto is_at_or_below = [&](std::string_view place) {
    return mount_point.starts_with(place) && (mount_point.size() == place.size() || mount_point[place.size()] == '/');
  };
  const auto is_below = [&](std::string_view place) {
    return mount_point.starts_with(place) && mount_point.size() > place.size();
  };
  return std::any_of(kIgnoredPlaces.begin(), kIgnoredPlaces.end(), is_at_or_below) ||
         std::any_of(kIgnoredBelow.begin(), kIgnoredBelow.end(), is_below);
}

absl::StatusOr<std::vector<Mount>> ParseMountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  std::string_view line;
  while (NextLine(text, line)) {
    // "28 1 253:0 / /home rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro"
    std::string_view rest = line;
    std::string_view field;
    std::string_view mount_point;
    for (int index = 0; index < 4; ++index) NextField(rest, field);
    if (!NextField(rest, mount_point)) return Malformed("mountinfo", line);
    while (NextField(rest, field) && field != "-") {
    }
    std::string_view fs_type;
    std::string_view device;
    std::string_view super_options;
    if (field != "-" || !NextField(rest, fs_type) || !NextField(rest, device) || !NextField(rest, super_options)) {
      return Malformed("mountinfo", line);
    }
    mounts.push_back({Unescaped(device), Unescaped(mount_point), Unescaped(fs_type), IsReadOnly(super_options)});
  }
  return mounts;
}

std::unique_ptr<Probe> MakeFilesystemProbe(Platform& platform) { return std::make_unique<FilesystemProbe>(platform); }

}  // namespace steward::agent
