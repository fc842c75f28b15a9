// Why a machine was not observed for a time. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "collector/coverage/span_set.h"
#include "collector/storage/records.h"

namespace steward::collector {

using CoverageCause = v1::CoverageCause;

// "off", "asleep", "agent stopped", "link down", "dropped", "refused", "collector restored", "unknown".
std::string_view CauseWord(CoverageCause cause);

// The last word before a silence that was meant.
bool IsGoodbye(v1::MachineEvent::Kind kind);

// A part of the time line, Unix milliseconds, to_ms exclusive.
struct Period {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  bool observed = false;
  bool late = false;                                 // observed, but delivered long after
  CoverageCause cause = v1::COVERAGE_CAUSE_UNKNOWN;  // if not observed
  std::int64_t length_ms() const { return to_ms - from_ms; }
  friend bool operator==(const Period&, const Period&) = default;
};

// Batches that an agent gave up for good.
struct GivenUp {
  std::uint64_t epoch = 0;
  SequenceInterval range;
  CoverageCause cause = v1::COVERAGE_CAUSE_DROPPED;
  std::optional<std::int64_t> from_ms;  // when they were sampled, if known
  std::optional<std::int64_t> to_ms;
};

// What was committed then is gone: the store was made from a backup.
struct Restored {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
};

struct Gap {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::optional<BatchName> before;     // the last batch before it; none: nothing is known from before
  std::optional<BatchName> after;      // the first batch behind it; none: it goes on
  std::optional<CoverageCause> cause;  // what had begun before it, if that is known
};

struct GapEvidence {
  absl::Span<const MachineEventRecord> events;  // ascending by time
  absl::Span<const GivenUp> given_up;
  std::int64_t interval_ms = 15'000;
  absl::Span<const Restored> restored = {};
};

// Periods that follow each other and together are the gap. Events decide: a goodbye holds until the next word, a start
// tells what was before. What they leave open the batches' numbers decide: none is missing, then the machine stood
// still; some are missing, then they are still with the agent (link down), or were given up, or the collector lost them
// with its store.
std::vector<Period> ExplainGap(const Gap& gap, const GapEvidence& evidence);

}  // namespace steward::collector
