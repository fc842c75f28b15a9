#include "collector/issues/flap_damping.h"

namespace steward::collector {

bool FlapDamping::IsLastRound(absl::Time now) const {
  const auto counts = [&](absl::Time round) { return round > now - kWithin; };
  return static_cast<std::size_t>(std::count_if(rounds_.begin(), rounds_.end(), counts)) + 1 >= kRounds;
}

bool FlapDamping::Begin(absl::Time now) {
  if (flapping_ || !IsLastRound(now)) return false;
  flapping_ = true;
  return true;
}

void FlapDamping::End(absl::Time now) {
  if (flapping_) rounds_.clear();
  else rounds_.push_back(now);
  flapping_ = false;
  std::erase_if(rounds_, [&](absl::Time round) { return round <= now - kWithin; });
}

}  // namespace steward::collector
