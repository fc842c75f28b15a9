// What the processors do, and the kernel's counters beside it: /proc/stat.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/probe.h"

namespace steward::agent {

enum CpuMode : std::size_t { kUser, kNice, kSystem, kIdle, kIoWait, kIrq, kSoftIrq, kSteal, kGuest, kGuestNice };
inline constexpr std::size_t kCpuModes = 10;

// In ticks since boot.
struct CpuTimes {
  std::string_view cpu;  // "0"; a view into the text
  std::array<std::uint64_t, kCpuModes> ticks = {};
};

inline constexpr std::size_t kSoftIrqVectors = 10;

struct KernelStat {
  std::vector<CpuTimes> cpus;
  std::optional<std::uint64_t> interrupts;
  std::optional<std::uint64_t> context_switches;
  std::optional<std::uint64_t> boot_time;  // s since 1970
  std::optional<std::uint64_t> forks;
  std::optional<std::uint64_t> running;
  std::optional<std::uint64_t> blocked;
  std::optional<std::array<std::uint64_t, kSoftIrqVectors>> softirqs;
};

// Views into `text`. DataLoss if a line is cut or no number where one must be.
absl::StatusOr<KernelStat> ParseKernelStat(std::string_view text);

std::unique_ptr<Probe> MakeCpuProbe(Platform& platform);

}  // namespace steward::agent
