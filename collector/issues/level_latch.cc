#include "collector/issues/level_latch.h"

#include <algorithm>

namespace steward::collector {

void LevelLatch::Judge(const LevelJudgement& judgement, absl::Duration gap, absl::Duration observed_most,
                       absl::Duration head_start) {
  const auto counted = [&](absl::Duration time) {
    return std::min(gap, time < kLongTime ? observed_most : std::max(observed_most, kGapShare * time));
  };
  severity = judgement.severity;
  switch (judgement.zone) {
    case Zone::kRaised:
      falling = false;
      if (up) break;
      observed = rising ? observed + counted(judgement.raise) : head_start;
      rising = true;
      if (observed >= judgement.raise) {
        up = true;
        rising = false;
      }
      break;
    case Zone::kBetween:
      rising = false;
      falling = false;
      break;
    case Zone::kClear:
      rising = false;
      if (!up) break;
      observed = falling ? observed + counted(judgement.clear) : absl::ZeroDuration();
      falling = true;
      if (observed >= judgement.clear) {
        up = false;
        falling = false;
      }
      break;
  }
}

}  // namespace steward::collector
