// How agents are told to watch, out of collector.toml.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "collector/config/config.h"
#include "collector/storage/records.h"
#include "steward/v1/uplink.pb.h"

namespace steward::collector {

// What the class sets, else what is set for all.
absl::Duration IntervalFor(const AgentsConfig& agents, const std::string& machine_class);
v1::Policy PolicyFor(const AgentsConfig& agents, const MachineRecord& machine);

}  // namespace steward::collector
