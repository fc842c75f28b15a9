// The events of a batch on the collector's time line.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// What happens once or twice a day; a batch that says more than that is cut off there.
inline constexpr std::size_t kEventsKeptPerBatch = 16;

// Those that explain why a machine is not observed. `time` is the batch's: the newest event happened then, the others
// as much earlier as the machine's boot clock says (MACHINE_BOOTED tells of boot clock 0).
std::vector<MachineEventRecord> EventTimes(absl::Time time, absl::Span<const v1::MachineEvent> events);

}  // namespace steward::collector
