#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {
namespace {

constexpr double kToleranceMs = 1000;
constexpr double kDrift = 50e-6;

constexpr absl::Duration kComparedWithin = absl::Minutes(130);  // hourly, and what was wrong before is made good slowly

// What is known of an entry from the connected moments of its boot.
struct Known {
  double disconnected_ms = std::numeric_limits<double>::infinity();  // to the nearest; infinite: there is none
  double half_round_trip_ms = 0;                                     // of the comparisons that count for it
};

double WorstBefore(const std::vector<LedgerEntry>& entries, std::size_t at) {
  absl::Duration worst;
  for (std::size_t i = at + 1; i-- > 0 && entries[i].boot == entries[at].boot;) {
    if (entries[at].time - entries[i].time > kComparedWithin) break;
    worst = std::max(worst, entries[i].half_round_trip);
  }
  return absl::ToDoubleMilliseconds(worst);
}

std::vector<Known> WhatIsKnown(const std::vector<LedgerEntry>& entries) {
  std::vector<Known> known(entries.size());
  const auto sweep = [&](auto begin, auto end, auto step) {
    const LedgerEntry* met = nullptr;  // the connected moment passed last
    double worst = 0;
    for (auto i = begin; i != end; i += step) {
      const LedgerEntry& entry = entries[static_cast<std::size_t>(i)];
      if (entry.connected) {
        met = &entry;
        worst = WorstBefore(entries, static_cast<std::size_t>(i));
      }
      if (met == nullptr || met->boot != entry.boot) continue;
      Known& one = known[static_cast<std::size_t>(i)];
      one.disconnected_ms =
          std::min(one.disconnected_ms, absl::ToDoubleMilliseconds(absl::AbsDuration(entry.time - met->time)));
      one.half_round_trip_ms = std::max(one.half_round_trip_ms, worst);
    }
  };
  const auto size = static_cast<std::ptrdiff_t>(entries.size());
  sweep(std::ptrdiff_t{0}, size, std::ptrdiff_t{1});
  sweep(size - 1, std::ptrdiff_t{-1}, std::ptrdiff_t{-1});
  return known;
}

}  // namespace

void CheckRightTime(const Evidence& evidence, Verdict& verdict) {
  const auto& entries = evidence.ledger.entries;
  const std::vector<Known> known = WhatIsKnown(entries);
  for (const StoredNumber& stored : evidence.stored.numbers) {
    if (stored.number < 0 || static_cast<std::size_t>(stored.number) >= entries.size()) continue;
    const auto number = static_cast<std::size_t>(stored.number);
    if (std::isinf(known[number].disconnected_ms)) continue;
    const auto boot_id = evidence.ledger.boot_ids.find(entries[number].boot);
    if (boot_id != evidence.ledger.boot_ids.end() && evidence.stored.estimated_boots.contains(boot_id->second)) {
      ++verdict.estimated;
      continue;
    }
    const double true_ms = static_cast<double>(absl::ToUnixMillis(World::kStart + entries[number].time));
    const double error = static_cast<double>(stored.time_ms) - true_ms;
    // A comparison tells no more than half its round trip, and holds until the next one.
    const double compared_ms = known[number].half_round_trip_ms + kDrift * absl::ToDoubleMilliseconds(kComparedWithin);
    const double tolerance = std::max(kToleranceMs, compared_ms) + kDrift * known[number].disconnected_ms;
    if (std::abs(error) <= tolerance) continue;
    verdict.Break(verdict.misplaced, StrCat(evidence.ledger.id, ": number ", number, " is ", error, " ms off, ",
                                            tolerance, " ms are allowed"));
  }
}

}  // namespace steward::simulation
