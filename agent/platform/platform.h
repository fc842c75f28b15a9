// The seam to the machine: all that probes and the inventory know about it comes through here. Three kinds exist:
// the real machine, a recorded one below a folder, and one that records what it is asked (recording_platform.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/platform/tool.h"

namespace steward::agent {

// What is longer is cut: the kernel's own files stay far below, a package database needs most of it.
inline constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

// uname(2).
struct SystemName {
  std::string sysname;
  std::string nodename;
  std::string release;
  std::string version;
  std::string machine;
  std::string domainname;
};

// statfs(2), in blocks of block_size bytes.
struct FileSystemStats {
  std::uint64_t block_size = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_free = 0;
  std::uint64_t blocks_available = 0;  // to users who are not root
  std::uint64_t files = 0;
  std::uint64_t files_free = 0;
};

// adjtimex(2), in its own units; `state` is what the call returned (5: not synchronised).
struct ClockDiscipline {
  std::int64_t state = 0;
  std::int64_t offset = 0;     // ns if status has kClockStatusNanoseconds, else us
  std::int64_t frequency = 0;  // ppm * 2^16
  std::int64_t max_error_us = 0;
  std::int64_t estimated_error_us = 0;
  std::int64_t status = 0;
  std::int64_t time_constant = 0;
  std::int64_t tick_us = 0;
  std::int64_t pps_frequency = 0;  // ppm * 2^16
  std::int64_t pps_jitter = 0;     // unit as offset
  std::int64_t pps_shift = 0;
  std::int64_t pps_stability = 0;  // ppm * 2^16
  std::int64_t pps_jitter_count = 0;
  std::int64_t pps_calibration_count = 0;
  std::int64_t pps_error_count = 0;
  std::int64_t pps_stability_count = 0;
  std::int64_t tai_offset = 0;  // s
};
inline constexpr std::int64_t kClockStatusNanoseconds = 0x2000;
inline constexpr std::int64_t kClockStateError = 5;

struct TimeZone {
  std::string name;  // "EET"
  std::int64_t offset_seconds = 0;
};

// One address of one network interface.
struct NetworkAddress {
  std::string device;
  std::string address;  // "192.0.2.7/24", "2001:db8::7/64"
};

// stat(2), links followed.
struct FileAttributes {
  enum class Kind : std::uint8_t { kFile, kDirectory, kOther };
  Kind kind = Kind::kFile;
  std::uint32_t mode = 0;  // permission bits alone, 07777
  std::int64_t user = 0;
  std::int64_t group = 0;
  std::uint64_t bytes = 0;
  absl::Time modified;
};

// How a program of the company's own ended.
struct CheckResult {
  int exit_code = 0;
  std::string output;  // standard output, at most kCheckBytesMax
};
inline constexpr std::size_t kCheckBytesMax = std::size_t{64} << 10;

// Files are named by their path on the machine ("/proc/stat"). Thread-safe: the inventory reads beside the probes.
class Platform {
 public:
  virtual ~Platform() = default;

  // Errors of the three below: NotFound (no such file), PermissionDenied, InvalidArgument and others as the kernel's
  // errno has it; the message names the path.
  virtual absl::Status ReadFile(std::string_view path, std::string& content) = 0;
  // Names without "." and "..", sorted.
  virtual absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) = 0;
  // The path after following all symbolic links, as the machine sees it.
  virtual absl::StatusOr<std::string> RealPath(std::string_view path) = 0;
  virtual bool Exists(std::string_view path) = 0;
  // Errors as above.
  virtual absl::StatusOr<FileAttributes> Attributes(std::string_view path) = 0;

  // System calls. NotFound "not recorded" on a recorded machine that has no answer.
  // One answer a mount point, in order, all within `deadline`: DeadlineExceeded for one that does not answer (stuck).
  // A stuck one is asked again only once the first question has been answered.
  virtual std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points,
                                                                       absl::Duration deadline) = 0;
  virtual absl::StatusOr<SystemName> Name() = 0;
  virtual absl::StatusOr<ClockDiscipline> Discipline() = 0;
  virtual absl::StatusOr<std::int64_t> ClockTicksPerSecond() = 0;
  virtual absl::StatusOr<std::int64_t> PageSizeBytes() = 0;
  virtual absl::StatusOr<absl::Time> WallTime() = 0;
  virtual absl::StatusOr<TimeZone> LocalTimeZone() = 0;
  virtual absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() = 0;
  // What the tool told (tool.h). NotFound: not installed. PermissionDenied: only root may ask, and there is no helper.
  // DeadlineExceeded: ended after `deadline`. Unavailable: it failed. Waits: not on the sampling path.
  virtual absl::StatusOr<std::string> RunTool(Tool tool, absl::Duration deadline) = 0;
  // Runs the program at `path`, one of the company's own, without arguments. PermissionDenied: it, or a folder above
  // it, belongs to another than root or may be written by others. Other errors as RunTool's. Waits.
  virtual absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration deadline) = 0;
};

// This machine.
std::unique_ptr<Platform> NewHostPlatform();

// The machine recorded below `root`: files from there (symbolic links never lead out of it), system calls from
// <root>/steward/syscalls.json. NotFound if the folder is missing, InvalidArgument if that file is not understood.
absl::StatusOr<std::unique_ptr<Platform>> NewRecordedPlatform(std::string root);

}  // namespace steward::agent
