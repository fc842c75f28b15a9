// How full the file systems are: mountinfo and statfs(2).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

struct Mount {
  std::string device;
  std::string mount_point;
  std::string fs_type;
  bool is_read_only = false;  // by the super block: an own mount of a hardened unit shows "ro" where the disk is not
};

// /proc/<pid>/mountinfo. DataLoss if a line is cut.
absl::StatusOr<std::vector<Mount>> ParseMountinfo(std::string_view text);
// Pseudo file systems and places that node_exporter leaves out.
bool IsIgnoredFileSystem(std::string_view fs_type);
bool IsIgnoredMountPoint(std::string_view mount_point);

// A file system that does not answer within this time is reported as node_filesystem_device_error 1, and not waited
// for again until it has answered.
inline constexpr absl::Duration kFileSystemDeadline = absl::Seconds(1);

std::unique_ptr<Probe> MakeFilesystemProbe(Platform& platform);

}  // namespace steward::agent
