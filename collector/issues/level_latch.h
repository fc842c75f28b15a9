// One level of one condition: up once it was observed true for its raise time, down once observed clear for its clear time.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "collector/rules/rule.h"

namespace steward::collector {

struct LevelLatch {
  std::string name;
  Severity severity = Severity::kNone;
  bool up = false;
  bool rising = false;             // true at the last judgement, not up yet
  bool falling = false;            // clear at the last judgement, still up
  absl::Duration observed;         // how long it has been rising or falling

  // Of times from kLongTime on, a gap counts up to this share: what is wrong with a workstation stays so while it is off.
  static constexpr absl::Duration kLongTime = absl::Hours(24);
  static constexpr double kGapShare = 0.25;

  // `gap`: time since the judgement before, of which `observed_most` counts; `head_start`: how long the condition was true
  // before this, if this is its first judgement.
  void Judge(const LevelJudgement& judgement, absl::Duration gap, absl::Duration observed_most, absl::Duration head_start);
  bool InMotion() const { return rising || falling; }
};

}  // namespace steward::collector
