#include <algorithm>
#include <vector>

#include "base/text.h"
#include "tests/fleet/simulation/invariants/invariant.h"

namespace steward::simulation {
namespace {

using collector::CoverageDay;
using collector::kDayMs;
using collector::Period;

// What is wrong with one day by itself; empty: nothing.
std::string WrongWith(const CoverageDay& day, bool first, bool last) {
  const std::int64_t begin = day.day * kDayMs, end = begin + kDayMs;
  if (day.from_ms < begin || day.to_ms > end || (!first && day.from_ms != begin) || (!last && day.to_ms != end)) {
    return StrCat("is accounted from ", day.from_ms - begin, " to ", day.to_ms - begin, " ms");
  }
  std::int64_t observed = 0, gaps = 0, at = day.from_ms;
  for (const Period& period : day.periods) {
    if (period.from_ms != at || period.length_ms() <= 0)
      return StrCat("has a break at ", period.from_ms - begin, " ms");
    at = period.to_ms;
    if (period.observed) observed += period.length_ms();
  }
  if (at != day.to_ms) return StrCat("ends at ", at - begin, " ms");
  for (const auto& [cause, ms] : day.gap_ms) gaps += ms;
  if (observed != day.observed_ms || observed + gaps != day.to_ms - day.from_ms) {
    return StrCat("does not add up: ", day.observed_ms, " + ", gaps, " of ", day.to_ms - day.from_ms, " ms");
  }
  return "";
}

// Between stored batches that follow each other closely everything is observed. A batch of events alone may lie in a
// hole of the numbers: only where two of its reaches have no number, something is not.
std::string WrongWith(const Period& period, const std::vector<std::int64_t>& times, std::int64_t reach_ms) {
  const auto after = std::upper_bound(times.begin(), times.end(), period.from_ms);
  if (!period.observed) {
    if (after == times.end() || *after >= period.to_ms) return "";
    return StrCat("says \"", std::string(collector::CauseWord(period.cause)), "\" where a batch is stored, at ",
                  *after);
  }
  std::int64_t before = after == times.begin() ? period.from_ms : *std::prev(after);
  for (auto time = after; before < period.to_ms; before = *time++) {
    const std::int64_t next = time == times.end() ? period.to_ms : std::min(*time, period.to_ms);
    if (next - before > 2 * reach_ms)
      return StrCat("says observed where nothing is stored, from ", before, " to ", next);
    if (time == times.end()) break;
  }
  return "";
}

}  // namespace

void CheckCoverage(const Evidence& evidence, absl::Span<const CoverageDay> days, std::int64_t reach_ms,
                   Verdict& verdict) {
  const auto complain = [&](const CoverageDay& day, const std::string& words) {
    if (words.empty()) return;
    verdict.Break(verdict.misaccounted, StrCat(evidence.ledger.id, ": the coverage of day ", day.day, " ", words));
  };
  std::vector<std::int64_t> times;
  for (const StoredNumber& stored : evidence.stored.numbers) times.push_back(stored.time_ms);
  for (std::size_t i = 0; i < days.size(); ++i) {
    const CoverageDay& day = days[i];
    if (i > 0 && day.day != days[i - 1].day + 1) complain(day, "does not follow the one before");
    complain(day, WrongWith(day, i == 0, i + 1 == days.size()));
    for (const Period& period : day.periods) complain(day, WrongWith(period, times, reach_ms));
  }
  if (days.empty() && !times.empty()) {
    verdict.Break(verdict.misaccounted, StrCat(evidence.ledger.id, ": there is no coverage record"));
  }
}

}  // namespace steward::simulation
