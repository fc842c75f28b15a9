// The processors: model, sockets, cores, microcode, known weaknesses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/inventory/inventory.h"

namespace steward::agent {

struct Processor {
  std::string model;
  std::string microcode;
  std::int64_t sockets = 0;
  std::int64_t cores = 0;
  std::int64_t threads = 0;
};
// /proc/cpuinfo of x86 and ARM. What is not told stays empty or 0.
Processor ParseCpuinfo(std::string_view text);

std::unique_ptr<InventorySource> MakeProcessorInventory(Platform& platform);

}  // namespace steward::agent
