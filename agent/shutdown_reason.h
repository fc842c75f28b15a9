// Why the agent is being stopped, as far as the system lets on.
#pragma once

#include "agent/platform/platform.h"
#include "steward/v1/uplink.pb.h"

namespace steward::agent {

// MACHINE_RESTARTING or MACHINE_SHUTTING_DOWN if the system is going down, else AGENT_STOPPED.
v1::MachineEvent::Kind ShutdownReason(Platform& platform);

}  // namespace steward::agent
