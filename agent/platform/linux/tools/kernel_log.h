// What the kernel's log tells of faults, from the oldest line that its ring still holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace steward::agent {

inline constexpr char kKernelLogPath[] = "/dev/kmsg";
inline constexpr std::size_t kKernelLogBytesMax = std::size_t{256} << 10;

// A line each fault (kernel_fault.h): the record's sequence number, its time in microseconds since the start, the kind, the
// subject (may be empty), the text, tab between. The newest of them if they are more than kKernelLogBytesMax.
// PermissionDenied: the kernel keeps its log for root (kernel.dmesg_restrict).
absl::StatusOr<std::string> ReadKernelLog(const std::string& path = kKernelLogPath);

// The line of one record of /dev/kmsg, "6,339,5140900,-;text\n KEY=value\n"; empty if it tells of no fault, is none of the
// kernel's own, or is not understood.
std::string KernelLogLine(std::string_view record);

}  // namespace steward::agent
