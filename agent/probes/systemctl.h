// What systemctl prints, in the form that Tool::kSystemdUnits, kSystemdServices and kSystemdTimers give it.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace steward::agent {

// All views are into the parsed text.
using SystemdProperties = std::map<std::string_view, std::string_view>;

struct SystemdUnit {
  std::string_view name;    // "cron.service"
  std::string_view load;    // loaded, not-found, masked, ...
  std::string_view active;  // active, activating, deactivating, inactive, failed, ...
};

// kSystemdUnits. Reads through the marks that some versions put before a unit's name.
absl::StatusOr<std::vector<SystemdUnit>> ParseSystemdUnits(std::string_view text);

// kSystemdServices, kSystemdTimers: the properties of each unit by its name, those of systemd itself by "".
std::map<std::string_view, SystemdProperties> ParseSystemdProperties(std::string_view text);
// Empty where it is not set.
std::string_view PropertyOf(const SystemdProperties& properties, std::string_view key);

// "Sun 2026-11-22 06:30:01 UTC"; nullopt for what is not set.
std::optional<absl::Time> ParseSystemdTime(std::string_view text);
// "1d 2h 3min 4.5s"; nullopt for what is not set, none, or never ("infinity").
std::optional<absl::Duration> ParseSystemdSpan(std::string_view text);

// When a timer elapses next, by the clock or by the time since a start, whichever is sooner; nullopt: not planned.
std::optional<absl::Time> NextElapse(const SystemdProperties& timer);

}  // namespace steward::agent
