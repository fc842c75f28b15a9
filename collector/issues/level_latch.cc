#include "collector/issues/level_latch.h"

namespace steward::collector {

void LevelLatch::Judge(const LevelJudgement& judgement, absl::Duration elapsed, absl::Duration head_start) {
  severity = judgement.severity;
  switch (judgement.zone) {
    case Zone::kRaised:
      falling = false;
      if (up) break;
      observed = rising ? observed + elapsed : head_start;
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
      observed = falling ? observed + elapsed : absl::ZeroDuration();
      falling = true;
      if (observed >= judgement.clear) {
        up = false;
        falling = false;
      }
      break;
  }
}

}  // namespace steward::collector
