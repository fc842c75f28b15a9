// One fingerprint of the hardware for one machine, whoever runs the agent.
#pragma once

#include <filesystem>
#include <string>

#include "agent/inventory/inventory.h"

namespace steward::agent {

// What to report, given what may be read now. Serial numbers are root's to read, so an agent that enrolled as root and runs
// as somebody else sees less of the same machine: as long as the addresses it does see are those that were seen together
// with the serial numbers, the fingerprint that holds them stays. Whoever sees more, or other hardware, is believed, so a
// state directory that was copied to another machine does not take the fingerprint along.
//
// Keeps what it knows in <state>/fingerprint.json. If that cannot be read or written, what is seen now counts (logged).
// Empty: the machine shows nothing to tell it by.
std::string SteadyFingerprint(const std::filesystem::path& state_directory, const HardwareFingerprint& seen);

}  // namespace steward::agent
