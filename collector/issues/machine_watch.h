// What the rules remember of one machine.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/rules/file_systems.h"
#include "collector/rules/machine_memory.h"
#include "collector/rules/presence.h"
#include "collector/rules/rule_settings.h"
#include "collector/rules/series_tracker.h"
#include "collector/storage/records.h"

namespace steward::collector {

struct MachineWatch {
  MachineWatch(MachineRecord machine, absl::Time judged_from)
      : record(std::move(machine)), presence(record.last_seen_time, judged_from), newest(record.last_seen_time) {}

  MachineRecord record;
  Presence presence;
  PresenceTimes presence_times;
  FileSystemTracker file_systems;
  SeriesTracker series;
  MachineMemory memory;
  absl::Time memory_stored = absl::InfinitePast();  // sample time
  absl::Time newest;              // time of the newest batch judged
  bool absence_watched = false;   // an absence issue of it is pending or live
  bool identity_watched = false;  // likewise of its identity
  std::vector<RuleSettings> settings;  // one a rule, in the rules' order

  // What is kept for the next start of the collector.
  std::string Memory() const { return file_systems.Encode() + series.Encode() + memory.Encode(); }
  void Remember(std::string_view text) {
    file_systems.Decode(text);
    series.Decode(text);
    memory.Decode(text);
  }
};

}  // namespace steward::collector
