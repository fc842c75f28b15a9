// Keeps a condition that comes and goes from being told each time. Catalogue, "Flap damping": the third open->clear round of a
// key within 24 h is not cleared but marked, and ends only after 2 h, or 6 x its clear time if that is more, without a change.
// Pure: times are those of the data.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace steward::collector {

class FlapDamping {
 public:
  static constexpr std::size_t kRounds = 3;
  static constexpr absl::Duration kWithin = absl::Hours(24);
  static constexpr absl::Duration kQuiet = absl::Hours(2);
  static constexpr int kQuietClearTimes = 6;

  // How long a condition with this clear time has to be clear before it is over, now that everything of it looks clear or
  // (`is_clear` false) that it does not.
  absl::Duration ClearTime(absl::Duration clear, bool is_clear, absl::Time now) const {
    return flapping_ || (is_clear && IsLastRound(now)) ? std::max(kQuiet, kQuietClearTimes * clear) : clear;
  }
  // It was clear for its own clear time at `now`, and would have been over. True: from now on it is flapping.
  bool Begin(absl::Time now);
  // It is over. What was flapping begins anew: its rounds are forgotten.
  void End(absl::Time now);

  bool flapping() const { return flapping_; }
  // For the next start: when the rounds that count ended, oldest first.
  const std::vector<absl::Time>& rounds() const { return rounds_; }
  void Restore(bool flapping, std::vector<absl::Time> rounds) {
    flapping_ = flapping;
    rounds_ = std::move(rounds);
  }

 private:
  // The round that ends now is the one too many.
  bool IsLastRound(absl::Time now) const;

  bool flapping_ = false;
  std::vector<absl::Time> rounds_;
};

}  // namespace steward::collector
