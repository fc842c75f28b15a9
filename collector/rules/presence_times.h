// The times of machine-offline, which also decide when a silent machine is looked for.
#pragma once

#include "collector/rules/presence.h"
#include "collector/rules/rule_settings.h"

namespace steward::collector {

inline PresenceTimes PresenceTimesFrom(const RuleSettings& machine_offline) {
  PresenceTimes times;
  times.silence = machine_offline.Raise(times.silence);
  times.look_step = absl::Seconds(machine_offline.Level("look_seconds"));
  times.looks = static_cast<int>(machine_offline.Level("looks"));
  times.clean_stop = absl::Minutes(machine_offline.Level("clean_stop_minutes"));
  return times;
}

}  // namespace steward::collector
