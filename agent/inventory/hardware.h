// What the firmware says the machine is, for the inventory and the machine's identity.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/platform/platform.h"

namespace steward::agent {

// One line of /sys/class/dmi/id, trimmed; empty if it is not there or may not be read.
std::string DmiText(Platform& platform, std::string_view file);

// SMBIOS chassis type in words, "notebook"; empty for one without a name.
std::string_view ChassisName(std::int64_t type);

// What the machine runs in: "kvm", "vmware", "docker", ...; "no" for bare metal.
std::string Virtualization(Platform& platform);

// Network interfaces with hardware behind them, not behind USB (which comes and goes); sorted.
std::vector<std::string> PhysicalInterfaces(Platform& platform);

}  // namespace steward::agent
