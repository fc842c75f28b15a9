// What the disks tell of their health: smartctl asked once a disk.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/rooted_files.h"

namespace steward::agent {

inline constexpr char kSmartctl[] = "/usr/sbin/smartctl";
// What smartctl is told to end with if the disk sleeps: bits 0 and 1 of its exit code together, which otherwise exclude
// each other.
inline constexpr int kSmartAsleep = 3;

// The whole physical disks of /sys/block, sorted: "sda", "nvme0n1".
std::vector<std::string> PhysicalDisks(const RootedFiles& files);

// A JSON array with an object for each physical disk: "device", and either "error" (it did not answer: why) or "exit_code"
// (smartctl's bit mask; its output is valid with most bits) and "output", the JSON document that smartctl wrote, as text, so
// that one that is damaged costs no other disk. All disks are asked within `deadline`, one after the other, each with its
// share of what is left. A disk that sleeps is not woken.
// NotFound: no physical disk, or no smartctl.
absl::StatusOr<std::string> AskDisks(const RootedFiles& files, const std::string& smartctl, absl::Duration deadline);

}  // namespace steward::agent
