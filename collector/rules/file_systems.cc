#include "collector/rules/file_systems.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "base/text.h"

namespace steward::collector {
namespace {

constexpr std::size_t kHistoriesMax = 64;  // a machine; the file systems beyond are judged without a forecast

constexpr std::array<std::string_view, 21> kLocalTypes = {
    "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "nilfs2",
    "ntfs", "ntfs3", "fuseblk", "vfat", "msdos", "exfat", "NTFS", "ReFS", "FAT32", "exFAT"};
constexpr std::array<std::string_view, 2> kRemovablePlaces = {"/media/", "/run/media/"};

bool IsIncluded(const std::vector<FileSystem>& list, const std::string& device) {
  return std::any_of(list.begin(), list.end(), [&](const FileSystem& one) { return one.device == device; });
}

}  // namespace

double FileSystem::UsedPercent() const {
  const double used = size - free;
  const double usable = used + avail;
  return usable > 0 ? 100 * used / usable : 0;
}

bool IsJudgedFileSystem(std::string_view type, std::string_view mountpoint) {
  if (std::find(kLocalTypes.begin(), kLocalTypes.end(), type) == kLocalTypes.end()) return false;
  return std::none_of(kRemovablePlaces.begin(), kRemovablePlaces.end(),
                      [&](std::string_view place) { return mountpoint.starts_with(place); });
}

void FileSystemTracker::LearnSeries(const v1::SeriesDescriptor& series) {
  constexpr std::string_view kPrefix = "node_filesystem_";
  std::string_view metric = series.metric();
  if (!metric.starts_with(kPrefix)) return;
  metric.remove_prefix(kPrefix.size());
  std::optional<Field> field;
  if (metric == "size_bytes") field = Field::kSize;
  if (metric == "free_bytes") field = Field::kFree;
  if (metric == "avail_bytes") field = Field::kAvail;
  if (metric == "readonly") field = Field::kReadOnly;
  if (!field) return;

  Mount mount;
  for (const v1::Label& label : series.labels()) {
    if (label.name() == "mountpoint") mount.mountpoint = label.value();
    if (label.name() == "device") mount.device = label.value();
    if (label.name() == "fstype") mount.type = label.value();
  }
  if (!IsJudgedFileSystem(mount.type, mount.mountpoint)) return;
  mount.group = series.group();
  const auto same = [&](const Mount& other) {
    return other.mountpoint == mount.mountpoint && other.device == mount.device && other.type == mount.type;
  };
  auto found = std::find_if(mounts_.begin(), mounts_.end(), same);
  if (found == mounts_.end()) found = mounts_.insert(mounts_.end(), mount);
  roles_[series.group()].push_back({series.id(), static_cast<std::uint32_t>(found - mounts_.begin()), *field});
}

void FileSystemTracker::Learn(const Observation& observation) {
  if (observation.epoch != epoch_) {
    epoch_ = observation.epoch;
    learnt_count_ = 0;
    roles_.clear();
    mounts_.clear();
  }
  if (!observation.descriptors || observation.descriptors->series_count() == learnt_count_) return;
  learnt_count_ = observation.descriptors->series_count();
  roles_.clear();
  mounts_.clear();
  for (std::uint32_t id = 1; id <= observation.descriptors->max_series_id(); ++id) {
    if (const v1::SeriesDescriptor* series = observation.descriptors->Series(id)) LearnSeries(*series);
  }
}

absl::Span<const FileSystem> FileSystemTracker::Update(const Observation& observation) {
  Learn(observation);
  sampled_.clear();
  if (mounts_.empty()) return sampled_;
  for (Mount& mount : mounts_) mount.seen = 0;
  for (const ObservedGroup& group : observation.groups) {
    const auto roles = roles_.find(group.group);
    if (roles == roles_.end()) continue;
    for (const SeriesRole& role : roles->second) {
      const auto value = std::lower_bound(group.values.begin(), group.values.end(), role.series,
                                          [](const ObservedValue& v, std::uint32_t series) { return v.series < series; });
      if (value == group.values.end() || value->series != role.series) continue;
      Mount& mount = mounts_[role.mount];
      const std::array<double*, 4> fields = {&mount.size, &mount.free, &mount.avail, &mount.read_only};
      *fields[static_cast<std::size_t>(role.field)] = value->value;
      mount.seen = static_cast<std::uint8_t>(mount.seen | 1U << static_cast<unsigned>(role.field));
    }
  }

  std::vector<const Mount*> live;
  for (const Mount& mount : mounts_) {
    constexpr unsigned kNeeded = 1U << static_cast<unsigned>(Field::kSize) | 1U << static_cast<unsigned>(Field::kAvail);
    const bool read_only = (mount.seen & 1U << static_cast<unsigned>(Field::kReadOnly)) != 0 && mount.read_only != 0;
    if ((mount.seen & kNeeded) == kNeeded && mount.size > 0 && !read_only) live.push_back(&mount);
  }
  std::sort(live.begin(), live.end(), [](const Mount* a, const Mount* b) {
    return std::pair(a->mountpoint.size(), a->mountpoint) < std::pair(b->mountpoint.size(), b->mountpoint);
  });
  for (const Mount* mount : live) {
    if (IsIncluded(sampled_, mount->device)) continue;  // the same file system, mounted once more
    const bool has_free = (mount->seen & 1U << static_cast<unsigned>(Field::kFree)) != 0;
    const v1::ProbeGroup* group = observation.descriptors->Group(mount->group);
    FileSystem out{mount->mountpoint, mount->device, mount->type, mount->size, has_free ? mount->free : mount->avail,
                   mount->avail, observation.machine->interval, nullptr};
    if (group != nullptr) out.interval = std::max(out.interval, absl::Milliseconds(group->interval_ms()));
    if (FillHistory* history = HistoryOf(out.mountpoint, observation.time)) {
      history->Add(observation.time, out.size, out.avail);
      out.history = history;
    }
    sampled_.push_back(std::move(out));
  }
  return sampled_;
}

FillHistory* FileSystemTracker::HistoryOf(const std::string& mountpoint, absl::Time now) {
  if (const auto found = histories_.find(mountpoint); found != histories_.end()) return &found->second;
  if (histories_.size() >= kHistoriesMax) {
    const absl::Time oldest = now - absl::Hours(FillHistory::kHours);
    std::erase_if(histories_, [&](const auto& entry) { return entry.second.last() < oldest; });
  }
  return histories_.size() < kHistoriesMax ? &histories_[mountpoint] : nullptr;
}

// A line a file system: the mount point in base64, a space, the history.
std::string FileSystemTracker::Encode() const {
  std::string text;
  for (const auto& [mountpoint, history] : histories_) {
    StrAppend(&text, absl::WebSafeBase64Escape(mountpoint), " ", history.Encode(), "\n");
  }
  return text;
}

void FileSystemTracker::Decode(std::string_view text) {
  for (const absl::string_view line : absl::StrSplit(ToAbsl(text), '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    std::string mountpoint;
    if (!absl::WebSafeBase64Unescape(parts.first, &mountpoint) || histories_.size() >= kHistoriesMax) continue;
    histories_[mountpoint].Decode(ToStd(parts.second));
  }
}

}  // namespace steward::collector
