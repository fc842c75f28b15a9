// What is in memory of one machine's coverage: what came since the last flush, and the last two days whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/coverage/account.h"

namespace steward::collector {

// A piece of it on its way to the store.
struct DirtyDay {
  std::int64_t day = 0;
  std::vector<Span> observed;
  std::vector<Span> late;
};

class MachineCoverage {
 public:
  explicit MachineCoverage(std::int64_t interval_ms) : interval_ms_(interval_ms) {}

  void SetInterval(std::int64_t interval_ms) { interval_ms_ = interval_ms; }
  std::int64_t reach_ms() const { return ReachMs(interval_ms_); }

  void AddBatch(std::int64_t time_ms, BatchName name, bool late);
  void AddEvents(const std::vector<MachineEventRecord>& events);
  // What the store has: nothing of it is dirty.
  void AddStored(const CoverageRow& row);

  // What is to be stored; from now on it counts as stored.
  std::vector<DirtyDay> TakeDirty();
  // It could not be stored.
  void MarkDirty(std::int64_t day);

  // Forgets what lies before, if it is stored, except the last that is known.
  void Forget(std::int64_t before_ms);

  const SpanSet& observed() const { return observed_; }
  const SpanSet& late() const { return late_; }
  const std::vector<MachineEventRecord>& events() const { return events_; }

 private:
  std::int64_t interval_ms_;
  SpanSet observed_;
  SpanSet late_;
  std::vector<MachineEventRecord> events_;  // ascending
  std::vector<std::int64_t> dirty_;         // days, ascending
};

// Until when a machine is accounted for: its last batch while it is up and has not said goodbye, else now.
// `last_ms`: of its last batch; none: never.
std::int64_t AccountEndMs(std::optional<std::int64_t> last_ms, const std::vector<MachineEventRecord>& events,
                          std::int64_t interval_ms, std::int64_t now_ms);

// See steward_coverage_ratio. `enrolled_ms`: when the machine became known.
std::optional<double> LastDayRatio(const MachineCoverage& machine, std::int64_t interval_ms, std::int64_t enrolled_ms,
                                   std::int64_t now_ms);

}  // namespace steward::collector
