// Memory modules as the firmware lists them (SMBIOS tables 16 and 17).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace steward::agent {

struct MemoryModule {
  std::string slot;
  std::string manufacturer;
  std::string part;
  std::string serial;
  std::uint64_t size_bytes = 0;
  std::uint64_t speed_mtps = 0;  // 0: not told
};

struct MemoryModules {
  std::vector<MemoryModule> modules;  // those that are there; empty slots are counted only
  std::uint64_t empty_slots = 0;
  bool has_error_correction = false;
};

// The bytes of /sys/firmware/dmi/tables/DMI. Stops at what is cut or makes no sense.
MemoryModules ParseMemoryModules(std::string_view tables);

}  // namespace steward::agent
