// The account of a machine's time: every moment is observed, or is in a gap that has a cause. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "collector/coverage/gap_causes.h"
#include "collector/coverage/span_set.h"

namespace steward::collector {

inline constexpr std::int64_t kDayMs = 86'400'000;
// Days since 1970, UTC: a day of the account has 24 hours everywhere and all year.
inline std::int64_t DayOf(std::int64_t ms) { return ms >= 0 ? ms / kDayMs : (ms + 1) / kDayMs - 1; }

// Batches farther apart than this are a gap.
std::int64_t ReachMs(std::int64_t interval_ms);

struct AccountInput {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<Span> observed;  // ascending, apart from each other
  std::vector<Span> late;      // likewise
  std::vector<MachineEventRecord> events;
  std::vector<GivenUp> given_up;
  std::vector<Restored> restored;
  std::int64_t interval_ms = 15'000;
  std::optional<CoverageCause> cause_before;  // in which `from_ms` found the machine, if that is known
};

// Periods that follow each other and together are [from_ms, to_ms).
std::vector<Period> MakeAccount(const AccountInput& input);

struct CoverageDay {
  std::int64_t day = 0;
  std::int64_t from_ms = 0;  // the accounted part: since enrolment, until now
  std::int64_t to_ms = 0;
  std::int64_t observed_ms = 0;  // with gap_ms it adds up to that part
  std::int64_t late_ms = 0;      // of observed_ms
  std::map<CoverageCause, std::int64_t> gap_ms;
  std::vector<Period> periods;  // empty for a summary
  bool summary = false;         // the times are forgotten
};

// Ascending; days of which nothing is accounted are left out.
std::vector<CoverageDay> ByDay(const std::vector<Period>& account);

// Of the time in which the machine was neither off nor asleep; none: there was no such time.
std::optional<double> ObservedRatio(const std::vector<Period>& account, std::int64_t from_ms);

// The two forms of a day that is kept as sums only.
v1::DaySummary Summarize(const CoverageDay& day);
CoverageDay FromSummary(std::int64_t day, const v1::DaySummary& summary);
// So much of the day arrived after all; takes it from the gaps that are most likely to be it.
void AddObserved(std::int64_t observed_ms, v1::DaySummary& summary);

}  // namespace steward::collector
