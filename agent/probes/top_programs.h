// Which programs use most of a server's memory and processors while it is short of them: words for the issue, by the programs'
// short names alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/platform/platform.h"
#include "agent/probes/note_board.h"

namespace steward::agent {

struct ProcessState;

// Of the inventory: keys "memory" ("6.20 GB java (3 processes), 2.10 GB postgres") and "processor" ("390 % java, 12 % rsync", of
// which one processor is 100).
inline constexpr char kProgramsGroup[] = "program";

// Memory is short when less than kMemoryShort of it is available, until kMemoryGood is; processors are when kBusy of a minute was
// used, until less than kCalm is. Below memory-pressure's and cpu-saturated's levels, so that it is told when they are reached.
inline constexpr double kMemoryShort = 0.12, kMemoryGood = 0.16, kBusy = 0.9, kCalm = 0.8;

// One reading of all processes after the other: Begin, Add each, Finish. Not thread-safe.
class TopPrograms {
 public:
  explicit TopPrograms(Platform& platform) : platform_(platform) {}
  void Begin();
  void Add(std::uint64_t pid, const ProcessState& process);
  // What is short now, in words; empty: nothing is.
  std::vector<Note> Finish();

 private:
  struct Use {
    std::uint64_t pages = 0, ticks = 0;
    int processes = 0;
  };
  void LookAtMemory();
  void LookAtProcessors();
  std::string Words(std::uint64_t Use::*what, double unit, bool is_memory) const;

  Platform& platform_;
  std::string text_;
  std::map<std::string, Use, std::less<>> uses_;        // by name, of this reading
  std::map<std::uint64_t, std::uint64_t> ticks_, seen_;  // by process: now, and at the reading before
  std::uint64_t total_ = 0, idle_ = 0;                   // ticks of all processors at the reading before
  double processors_ticks_ = 0;                          // between the readings, of one processor
  bool memory_is_short_ = false, is_busy_ = false;
};

}  // namespace steward::agent
