// What systemd tells of its units over D-Bus, asked through systemctl.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/platform/tool.h"

namespace steward::agent {

// kSystemdUnits: `systemctl list-units` of all units. kSystemdServices: `systemctl show` of systemd itself (Version=,
// SystemState=), an empty line, then of all services and sockets. kSystemdTimers: of all timers, times in UTC.
// NotFound: this machine was not started by systemd. Unavailable: it does not answer over D-Bus.
absl::StatusOr<std::string> AskSystemd(Tool tool, absl::Duration deadline);

}  // namespace steward::agent
