// What systemd runs: the state of its units, restarts, results of runs, timers.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/probe_settings.h"

namespace steward::agent {

// Units with series of their own: loaded .service, .timer, .socket and .target units, but not those made for one connection
// or one command (sshd@3-10.0.0.1:22-10.0.0.9:50022.service, run-u7.service), which would be new series without end. Beyond
// this many they are left out; steward_systemd_units_left_out counts both.
inline constexpr std::size_t kSystemdUnitsMax = 1000;
// Types, restarts, results and timers take ten times the CPU that states take, here and in systemd: they are asked each 15th
// time, each 5th if there is a service of which they are not known, and when another unit has failed.
inline constexpr int kSystemdDetailsEvery = 15;
inline constexpr int kSystemdDetailsOfNewEvery = 5;
inline constexpr absl::Duration kSystemdDeadline = absl::Seconds(20);

// Of the five states of node_systemd_unit_state, "active" and "failed" are always told; "activating", "deactivating" and
// "inactive" while a unit is in them. A new service is told of once its type, which is a label, is known.
bool HasSystemdSeries(std::string_view unit);

// It also says the last words of services that have failed (unit_logs.h).
std::unique_ptr<Probe> MakeSystemdProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
