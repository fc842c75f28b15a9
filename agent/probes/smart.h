// Health of the disks as they tell it themselves: SMART and the NVMe health log, by smartctl.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

class DiskRedundancy;

inline constexpr absl::Duration kSmartInterval = absl::Hours(1);
inline constexpr absl::Duration kSmartDeadline = absl::Minutes(2);  // for all disks together

// `text` as agent/platform/linux/tools/smart.h describes it. Names and labels are those of Prometheus' smartctl_exporter,
// `device` is the kernel's name as in node_disk_*; what it has no name for is steward_smart_*. Attributes are reported raw,
// as smartctl gives them: 188 (command timeouts) may hold three counters of 16 bits, the lowest is meant.
// A disk whose part is damaged is reported without values; DataLoss if `text` is no such array.
// `redundancy`: null leaves out steward_smart_disk_redundant.
absl::Status ParseSmart(std::string_view text, DiskRedundancy* redundancy, SampleSink& sink);

std::unique_ptr<Probe> MakeSmartProbe(Platform& platform);

}  // namespace steward::agent
