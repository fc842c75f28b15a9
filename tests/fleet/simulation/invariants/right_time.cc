#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {
namespace {

constexpr double kToleranceMs = 1000;
constexpr double kDrift = 50e-6;

// How far each entry is from a connected moment of its boot, in ms; infinite if there is none.
std::vector<double> Disconnected(const std::vector<LedgerEntry>& entries) {
  std::vector<double> distance(entries.size(), std::numeric_limits<double>::infinity());
  const auto sweep = [&](auto begin, auto end, auto step) {
    double since = std::numeric_limits<double>::infinity();
    int boot = 0;
    absl::Duration before;
    for (auto i = begin; i != end; i += step) {
      const LedgerEntry& entry = entries[static_cast<std::size_t>(i)];
      since = entry.boot == boot ? since + absl::ToDoubleMilliseconds(absl::AbsDuration(entry.time - before))
                                 : std::numeric_limits<double>::infinity();
      if (entry.connected) since = 0;
      boot = entry.boot;
      before = entry.time;
      double& known = distance[static_cast<std::size_t>(i)];
      known = std::min(known, since);
    }
  };
  const auto size = static_cast<std::ptrdiff_t>(entries.size());
  sweep(std::ptrdiff_t{0}, size, std::ptrdiff_t{1});
  sweep(size - 1, std::ptrdiff_t{-1}, std::ptrdiff_t{-1});
  return distance;
}

}  // namespace

void CheckRightTime(const Evidence& evidence, Verdict& verdict) {
  const auto& entries = evidence.ledger.entries;
  const std::vector<double> disconnected = Disconnected(entries);
  for (const StoredNumber& stored : evidence.stored.numbers) {
    if (stored.number < 0 || static_cast<std::size_t>(stored.number) >= entries.size()) continue;
    const auto number = static_cast<std::size_t>(stored.number);
    if (std::isinf(disconnected[number])) continue;
    const double true_ms = static_cast<double>(absl::ToUnixMillis(World::kStart + entries[number].time));
    const double error = static_cast<double>(stored.time_ms) - true_ms;
    const double tolerance = kToleranceMs + kDrift * disconnected[number];
    if (std::abs(error) <= tolerance) continue;
    verdict.Break(verdict.misplaced, StrCat(evidence.ledger.id, ": number ", number, " is ", error, " ms off, ",
                                            tolerance, " ms are allowed"));
  }
}

}  // namespace steward::simulation
