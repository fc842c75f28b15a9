// Numbers as people say them. Sizes are decimal (1 GB = 10^9 bytes), as disks are sold.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "base/human_text.h"
#include "collector/storage/records.h"

namespace steward::collector {

std::string PercentText(double percent);          // "93.1 %"
std::string RoughDuration(absl::Duration span);   // "45 s", "12 min", "3 h", "2 days"
std::string ClockTime(absl::Time time);           // "2026-11-22 06:30 UTC"
std::string MachineName(const MachineRecord& machine);  // its instance, host name or id, the first that is known

}  // namespace steward::collector
