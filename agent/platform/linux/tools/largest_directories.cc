#include "agent/platform/linux/tools/largest_directories.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "agent/platform/rooted_files.h"
#include "base/text.h"

namespace steward::agent {
namespace {

constexpr int kDepthMax = 100;             // one open directory each
constexpr std::uint64_t kDiskBlock = 512;  // of st_blocks, stat(2)
constexpr int kOpen = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
constexpr std::array<std::string_view, 10> kLocalTypes = {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "reiserfs", "xfs", "zfs"};

std::string Unescaped(absl::string_view text) {
  std::string plain;
  return absl::CUnescape(text, &plain) ? plain : std::string(text);  // "\040" is a blank
}

std::string Below(const std::string& folder, std::string_view name) { return StrCat(folder, folder.ends_with('/') ? "" : "/", name); }

class Walk {
 public:
  Walk(const MountedTree& tree, const std::vector<MountedTree>& all, const WalkLimits& limits) : tree_(tree), limits_(limits) {
    for (const MountedTree& mount : all) {
      if (mount.mount_point != tree.mount_point && !IsPartOf(tree, mount)) elsewhere_.insert(mount.mount_point);
    }
  }

  absl::Status Run() {
    const int fd = ::open(tree_.mount_point.c_str(), kOpen);
    struct stat found = {};
    if (fd < 0 || ::fstat(fd, &found) != 0) {
      const int error = errno;
      if (fd >= 0) ::close(fd);
      return absl::ErrnoToStatus(error, tree_.mount_point);
    }
    device_ = found.st_dev;
    const bool of_people = std::any_of(limits_.of_people.begin(), limits_.of_people.end(), [&](const std::string& folder) {
      return tree_.mount_point.starts_with(folder + "/");
    });
    Count(fd, tree_.mount_point, 0, of_people);
    return absl::OkStatus();
  }

  // A directory's own is what those told below it do not tell.
  DirectoryWalk Result() && {
    DirectoryWalk walk;
    walk.is_whole = is_whole_;
    for (auto& [path, size] : sizes_) walk.largest.push_back({path, size});
    std::sort(walk.largest.begin(), walk.largest.end(), [](const DirectorySize& a, const DirectorySize& b) { return a.bytes > b.bytes; });
    if (walk.largest.size() > kLargestDirectories) walk.largest.resize(kLargestDirectories);
    return walk;
  }

 private:
  // Mounted once more at the place where it lies anyway, as hardened units have it.
  static bool IsPartOf(const MountedTree& tree, const MountedTree& mount) {
    if (mount.device != tree.device) return false;
    const std::string_view place = mount.mount_point;
    const std::string_view top = tree.mount_point == "/" ? std::string_view() : std::string_view(tree.mount_point);
    const std::string_view root = tree.root == "/" ? std::string_view() : std::string_view(tree.root);
    return place.starts_with(top) && StrCat(root, place.substr(top.size())) == mount.root;
  }

  bool IsOver() {
    ++entries_;
    if (entries_ > limits_.entries_max || (entries_ % 256 == 0 && absl::Now() > limits_.deadline)) over_ = true;
    if (over_) is_whole_ = false;
    return over_;
  }

  // The bytes of the directory that none told below it tells. Takes `fd`.
  std::uint64_t Count(int fd, const std::string& path, int depth, bool of_people) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd), ::closedir);
    if (directory == nullptr) {
      ::close(fd);
      is_whole_ = false;
      return 0;
    }
    const bool is_theirs = std::find(limits_.of_people.begin(), limits_.of_people.end(), path) != limits_.of_people.end();
    std::uint64_t bytes = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
      if (IsOver()) break;
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      bytes += CountEntry(fd, *entry, path, depth, of_people || is_theirs);
    }
    if (depth > 0 && (depth > kLargestDepth || of_people)) return bytes;
    if (bytes < limits_.bytes_min && (depth > 0 || !sizes_.empty())) return bytes;
    sizes_[path] = bytes;
    return 0;
  }

  std::uint64_t CountEntry(int fd, const dirent& entry, const std::string& path, int depth, bool of_people) {
    std::string below;
    if (entry.d_type == DT_DIR || entry.d_type == DT_UNKNOWN) {
      below = Below(path, entry.d_name);
      if (elsewhere_.contains(below)) return 0;  // not looked at: one that is dead would keep us
    }
    struct stat found = {};
    if (::fstatat(fd, entry.d_name, &found, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return 0;  // gone meanwhile
    if (found.st_dev != device_) return 0;
    const std::uint64_t own = static_cast<std::uint64_t>(found.st_blocks) * kDiskBlock;
    if (!S_ISDIR(found.st_mode)) return own / std::max<std::uint64_t>(found.st_nlink, 1);  // of several names: once in all
    const int child = depth < kDepthMax ? ::openat(fd, entry.d_name, kOpen) : -1;
    if (child < 0) {
      is_whole_ = false;
      return own;
    }
    return own + Count(child, below, depth + 1, of_people);
  }

  const MountedTree& tree_;
  const WalkLimits& limits_;
  std::set<std::string> elsewhere_;
  dev_t device_ = 0;
  std::uint64_t entries_ = 0;
  bool over_ = false;
  bool is_whole_ = true;
  std::map<std::string, std::uint64_t> sizes_;
};

std::string Printable(std::string path) {
  for (char& c : path) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '?';
  }
  return path;
}

// The local ones, each file system once: where its whole is mounted, else at its shortest place.
std::vector<MountedTree> LocalTrees(const std::vector<MountedTree>& all) {
  std::map<std::string, MountedTree> by_device;
  for (const MountedTree& tree : all) {
    if (!IsLocalFileSystem(tree.type)) continue;
    const auto [found, is_new] = by_device.try_emplace(StrCat(tree.device, " ", tree.type == "btrfs" ? tree.root : ""), tree);
    const auto rank = [](const MountedTree& one) { return std::pair(one.root.size(), one.mount_point.size()); };
    if (!is_new && rank(tree) < rank(found->second)) found->second = tree;
  }
  std::vector<MountedTree> trees;
  for (const auto& [device, tree] : by_device) trees.push_back(tree);
  return trees;
}

bool Stats(const std::string& mount_point, FileSystemStats& stats) {
  struct statfs answer = {};
  if (::statfs(mount_point.c_str(), &answer) != 0 || answer.f_bsize <= 0) return false;
  stats = {static_cast<std::uint64_t>(answer.f_bsize), answer.f_blocks, answer.f_bfree, answer.f_bavail, answer.f_files, answer.f_ffree};
  return true;
}

// Of a size in bytes, for what is `base` per cent at 20 GB (disk-space-low; Checkmk's formula with a factor of 0.8).
double LevelFor(double base, double bytes, double least) { return std::max(least, 100 - (100 - base) * std::pow(bytes / 20e9, -0.2)); }

}  // namespace

std::vector<MountedTree> ParseMountedTrees(std::string_view mountinfo) {
  std::vector<MountedTree> trees;
  for (const absl::string_view line : absl::StrSplit(ToAbsl(mountinfo), '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 2) continue;
    trees.push_back({std::string(fields[2]), Unescaped(fields[3]), Unescaped(fields[4]), Unescaped(*(dash + 1))});
  }
  return trees;
}

absl::StatusOr<DirectoryWalk> WalkDirectories(const MountedTree& tree, const std::vector<MountedTree>& all, const WalkLimits& limits) {
  Walk walk(tree, all, limits);
  if (absl::Status status = walk.Run(); !status.ok()) return status;
  return std::move(walk).Result();
}

bool IsLocalFileSystem(std::string_view type) { return std::find(kLocalTypes.begin(), kLocalTypes.end(), type) != kLocalTypes.end(); }

bool IsNearlyFull(const FileSystemStats& stats) {
  const double size = static_cast<double>(stats.blocks) * static_cast<double>(stats.block_size);
  const double left = static_cast<double>(stats.blocks_available) * static_cast<double>(stats.block_size);
  const double used = static_cast<double>(stats.blocks - std::min(stats.blocks_free, stats.blocks)) * static_cast<double>(stats.block_size);
  if (size <= 0 || used + left <= 0) return false;
  const double percent = 100 * used / (used + left);
  return (left < 30e9 && percent >= LevelFor(80, size, 50) - 3) || percent >= LevelFor(90, size, 60) - 2;
}

absl::StatusOr<std::string> AskLargestDirectories(absl::Duration deadline) {
  std::string mountinfo, answer;
  if (absl::Status status = RootedFiles("").ReadFile("/proc/self/mountinfo", mountinfo); !status.ok()) return status;
  const std::vector<MountedTree> all = ParseMountedTrees(mountinfo);
  const absl::Time end = absl::Now() + deadline;
  for (const MountedTree& tree : LocalTrees(all)) {
    FileSystemStats stats;
    if (!Stats(tree.mount_point, stats) || !IsNearlyFull(stats)) continue;
    WalkLimits limits;
    limits.deadline = absl::Now() + (end - absl::Now()) / 2;
    limits.bytes_min = (stats.blocks - stats.blocks_free) * stats.block_size / 100;
    const absl::StatusOr<DirectoryWalk> walk = WalkDirectories(tree, all, limits);
    if (!walk.ok()) continue;  // unmounted meanwhile
    const std::string place = Printable(tree.mount_point);
    if (!walk->is_whole) StrAppend(&answer, place, "\tpart\n");
    for (const DirectorySize& directory : walk->largest) StrAppend(&answer, place, "\t", directory.bytes, "\t", Printable(directory.path), "\n");
  }
  return answer;
}

}  // namespace steward::agent
