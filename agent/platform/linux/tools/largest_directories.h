// Which directories take the room of a file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"

namespace steward::agent {

inline constexpr std::size_t kLargestDirectories = 10;
inline constexpr int kLargestDepth = 3;                        // below the mount point: "/var/lib/docker"
inline constexpr std::uint64_t kWalkedEntriesMax = 3'000'000;  // of one file system; some 10 s of the processor

// A line of /proc/<pid>/mountinfo.
struct MountedTree {
  std::string device;       // "253:0"
  std::string root;         // which folder of the file system
  std::string mount_point;
  std::string type;         // "ext4"
};
// Lines that are not understood are left out.
std::vector<MountedTree> ParseMountedTrees(std::string_view mountinfo);

struct DirectorySize {
  std::string path;         // the mount point itself: all that none of the others tells
  std::uint64_t bytes = 0;  // that it takes on the disk, without directories below that are told themselves
};
struct DirectoryWalk {
  std::vector<DirectorySize> largest;  // at most kLargestDirectories, the largest first
  bool is_whole = true;                // false: time, entries or rights did not suffice, there may be more
};
struct WalkLimits {
  absl::Time deadline;
  std::uint64_t bytes_min = 0;                                   // smaller directories are part of the one above
  std::vector<std::string> of_people = {"/home", "/root"};       // nothing below them is named
  std::uint64_t entries_max = kWalkedEntriesMax;
};
// Counts what lies on the file system at `tree` and nothing that is mounted below it from elsewhere, following no link. `all`:
// what is mounted. Errors as the kernel's of opening the mount point.
absl::StatusOr<DirectoryWalk> WalkDirectories(const MountedTree& tree, const std::vector<MountedTree>& all, const WalkLimits& limits);

// Of a disk of this machine: ext4, not tmpfs, overlay, network, FUSE.
bool IsLocalFileSystem(std::string_view type);

// Whether disk-space-low is near or there, by its levels' defaults: from 3 points below the medium one with less than 30 GB left,
// and from 2 points below the high one.
bool IsNearlyFull(const FileSystemStats& stats);

// Tool::kLargestDirectories: of each local file system that is nearly full a line a directory, "mount point\tbytes\tpath", and
// "mount point\tpart" if not all could be counted; control characters are '?'. Directories of less than a hundredth of what is
// used are part of the one above. Empty: none is nearly full. Each but the last may take half of what is left of `deadline`.
absl::StatusOr<std::string> AskLargestDirectories(absl::Duration deadline);

}  // namespace steward::agent
