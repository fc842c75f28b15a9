// This machine: its own files and the kernel's answers.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "absl/time/clock.h"
#include "agent/platform/linux/helper_client.h"
#include "agent/platform/linux/helper_protocol.h"
#include "agent/platform/linux/run_check.h"
#include "agent/platform/linux/tool_answers.h"
#include "agent/platform/mount_watch.h"
#include "agent/platform/platform.h"
#include "agent/platform/rooted_files.h"
#include "base/text.h"

namespace steward::agent {
namespace {

absl::Status CallFailed(std::string_view what) {
  const int error = errno;
  const std::string message = StrCat(what, ": ", std::strerror(error));
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  if (error == ENOENT) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

absl::StatusOr<FileSystemStats> AskFileSystem(const std::string& mount_point) {
  struct statfs stats = {};
  if (::statfs(mount_point.c_str(), &stats) != 0) return CallFailed(StrCat("statfs ", mount_point));
  FileSystemStats result;
  result.block_size = static_cast<std::uint64_t>(stats.f_bsize);
  result.blocks = stats.f_blocks;
  result.blocks_free = stats.f_bfree;
  result.blocks_available = stats.f_bavail;
  result.files = stats.f_files;
  result.files_free = stats.f_ffree;
  return result;
}

// "192.0.2.7/24"; empty for a family that is neither IPv4 nor IPv6.
std::string AddressText(const sockaddr& address, const sockaddr* mask) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  const void* bytes = nullptr;
  const void* mask_bytes = nullptr;
  std::size_t length = 0;
  if (address.sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    if (mask != nullptr) mask_bytes = &reinterpret_cast<const sockaddr_in*>(mask)->sin_addr;
    length = sizeof(in_addr);
  } else if (address.sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (mask != nullptr) mask_bytes = &reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr;
    length = sizeof(in6_addr);
  } else {
    return "";
  }
  if (::inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr) return "";
  if (mask_bytes == nullptr) return text.data();
  int prefix = 0;
  for (std::size_t index = 0; index < length; ++index) {
    prefix += std::popcount(static_cast<const unsigned char*>(mask_bytes)[index]);
  }
  return StrCat(text.data(), "/", prefix);
}

class HostPlatform final : public Platform {
 public:
  HostPlatform() : files_(""), mounts_(&AskFileSystem) {}

  absl::Status ReadFile(std::string_view path, std::string& content) override { return files_.ReadFile(path, content); }
  absl::Status ListDirectory(std::string_view path, std::vector<std::string>& names) override {
    return files_.ListDirectory(path, names);
  }
  absl::StatusOr<std::string> RealPath(std::string_view path) override { return files_.RealPath(path); }
  bool Exists(std::string_view path) override { return files_.Exists(path); }
  absl::StatusOr<FileAttributes> Attributes(std::string_view path) override { return files_.Attributes(path); }

  std::vector<absl::StatusOr<FileSystemStats>> StatFileSystems(absl::Span<const std::string> mount_points,
                                                               absl::Duration deadline) override {
    return mounts_.Stat(mount_points, deadline);
  }

  absl::StatusOr<SystemName> Name() override {
    utsname name = {};
    if (::uname(&name) != 0) return CallFailed("uname");
    return SystemName{name.sysname, name.nodename, name.release, name.version, name.machine, name.domainname};
  }

  absl::StatusOr<ClockDiscipline> Discipline() override {
    timex clock = {};
    const int state = ::adjtimex(&clock);
    if (state < 0) return CallFailed("adjtimex");
    ClockDiscipline result;
    result.state = state;
    result.offset = clock.offset;
    result.frequency = clock.freq;
    result.max_error_us = clock.maxerror;
    result.estimated_error_us = clock.esterror;
    result.status = clock.status;
    result.time_constant = clock.constant;
    result.tick_us = clock.tick;
    result.pps_frequency = clock.ppsfreq;
    result.pps_jitter = clock.jitter;
    result.pps_shift = clock.shift;
    result.pps_stability = clock.stabil;
    result.pps_jitter_count = clock.jitcnt;
    result.pps_calibration_count = clock.calcnt;
    result.pps_error_count = clock.errcnt;
    result.pps_stability_count = clock.stbcnt;
    result.tai_offset = clock.tai;
    return result;
  }

  absl::StatusOr<std::int64_t> ClockTicksPerSecond() override { return ::sysconf(_SC_CLK_TCK); }
  absl::StatusOr<std::int64_t> PageSizeBytes() override { return ::sysconf(_SC_PAGESIZE); }
  absl::StatusOr<absl::Time> WallTime() override { return absl::Now(); }

  absl::StatusOr<TimeZone> LocalTimeZone() override {
    const std::time_t now = absl::ToTimeT(absl::Now());
    std::tm local = {};
    ::tzset();
    if (::localtime_r(&now, &local) == nullptr) return CallFailed("localtime");
    return TimeZone{local.tm_zone, local.tm_gmtoff};
  }

  absl::StatusOr<std::vector<NetworkAddress>> NetworkAddresses() override {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) return CallFailed("getifaddrs");
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, &::freeifaddrs);
    std::vector<NetworkAddress> addresses;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
      if (entry->ifa_addr == nullptr) continue;
      std::string text = AddressText(*entry->ifa_addr, entry->ifa_netmask);
      if (!text.empty()) addresses.push_back({entry->ifa_name, std::move(text)});
    }
    return addresses;
  }

  absl::StatusOr<std::string> RunTool(Tool tool, absl::Duration deadline) override {
    if (!NeedsRoot(tool) || ::geteuid() == 0) return RunToolHere(tool, deadline);
    if (tool == Tool::kKernelLog) {  // asked each minute, and often open to all: the helper need not stay for it
      absl::StatusOr<std::string> log = RunToolHere(tool, deadline);
      if (!absl::IsPermissionDenied(log.status())) return log;
    }
    absl::StatusOr<std::string> answer = AskRootHelper(std::string(kHelperSocket), tool, deadline);
    if (!absl::IsNotFound(answer.status()) || ::access(kHelperSocket.data(), F_OK) == 0) return answer;
    absl::StatusOr<std::string> own = RunToolHere(tool, deadline);  // some machines let everybody read it
    if (own.ok() || absl::IsNotFound(own.status())) return own;
    return absl::PermissionDeniedError(StrCat(ToolName(tool), " takes root: start steward-agent-helper.socket"));
  }
  absl::StatusOr<CheckResult> RunCheck(std::string_view path, absl::Duration deadline) override {
    return RunOwnedByRoot(files_, path, deadline);
  }

 private:
  RootedFiles files_;
  MountWatch mounts_;
};

}  // namespace

std::unique_ptr<Platform> NewHostPlatform() { return std::make_unique<HostPlatform>(); }

}  // namespace steward::agent
