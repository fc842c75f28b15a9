// What single rules remember of one machine over restarts of the collector. Lives in MachineWatch, small.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "collector/rules/workday_load.h"

namespace steward::collector {

// A part of the hardware that was there.
struct KnownPart {
  std::string name;        // for people: the model
  absl::Time seen = absl::InfinitePast();
};

struct KnownHardware {
  static constexpr std::size_t kDisksMax = 200;
  std::map<std::string, KnownPart> disks;  // by serial number
  int cores = 0;                           // the most, last seen at
  absl::Time cores_seen = absl::InfinitePast();
};

struct MachineMemory {
  KnownHardware hardware;
  WorkdayLoad load;

  // Lines that begin with '%'; other lines are others'.
  std::string Encode() const;
  // What is in the text replaces what is known.
  void Decode(std::string_view text);
};

}  // namespace steward::collector
