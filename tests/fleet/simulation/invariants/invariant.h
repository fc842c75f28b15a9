// What must hold at the end of every run, whatever struck. One file each.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "collector/coverage/account.h"
#include "tests/fleet/simulation/ledger.h"
#include "tests/fleet/simulation/stored.h"
#include "tests/fleet/simulation/world.h"

namespace steward::simulation {

// What an invariant judges.
struct Evidence {
  const MachineLedger& ledger;
  const StoredMachine& stored;
};

struct Verdict {
  std::uint64_t batches = 0;
  std::uint64_t stored = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t misplaced = 0;
  std::uint64_t disordered = 0;
  std::uint64_t unknown = 0;  // stored, never sampled
  std::uint64_t mismatched = 0;
  std::uint64_t misaccounted = 0;
  std::uint64_t estimated = 0;  // of a boot that was met, but not in what is left of the collector's memory
  std::map<std::string, std::uint64_t> missing_for;  // not stored, by cause: declared by the agent, or excused
  std::vector<std::string> broken;                   // in words, the first few

  void Break(std::uint64_t& counter, const std::string& words) {
    ++counter;
    if (broken.size() < 20) broken.push_back(words);
  }
  bool clean() const {
    return lost + doubled + misplaced + disordered + unknown + mismatched + misaccounted == 0 && broken.empty();
  }
};

// Each batch is stored exactly once, or its loss is declared by the agent, or has an excuse in the ledger.
void CheckExactlyOnce(const Evidence& evidence, Verdict& verdict);
// What was sampled later is stored at a later time, within one boot of the machine.
void CheckOrder(const Evidence& evidence, Verdict& verdict);
// Each stored batch is where it truly was, within DESIGN section 4: 1 s or half the round trip by which the clocks were
// compared, and 50 ppm of the time to the nearest moment at which that boot was connected. A boot that never was is
// estimated, and not judged here; nor is one that met only a collector that was killed or set back before it had stored
// any of it.
void CheckRightTime(const Evidence& evidence, Verdict& verdict);
// Each day of the coverage record adds up: observed and gaps, one after the other, are the whole of it; and observed is
// where batches are stored, at most `reach_ms` apart.
void CheckCoverage(const Evidence& evidence, absl::Span<const collector::CoverageDay> days, std::int64_t reach_ms,
                   Verdict& verdict);
// What the collector held in its queue stayed within its bound. `streams` may each add one message to it.
void CheckMemoryBound(std::size_t queued_bytes_max, std::size_t streams, Verdict& verdict);

}  // namespace steward::simulation
