#include "tests/fleet/simulation/world.h"

#include <algorithm>

namespace steward::simulation {

absl::Duration Between(Random& random, absl::Duration low, absl::Duration high) {
  return absl::Trunc(low + (high - low) * random.Unit(), absl::Milliseconds(1));
}

bool Chance(Random& random, double probability) { return random.Unit() < probability; }

void World::After(absl::Duration delay, std::function<void()> event) {
  events_.emplace(std::pair(now_ + std::max(delay, absl::ZeroDuration()), next_order_++), std::move(event));
}

void World::RunFor(absl::Duration span) {
  const absl::Duration end = now_ + span;
  while (true) {
    RunPosted();
    const absl::Duration step = UntilNext(end - now_);
    const bool last = step == end - now_ && (events_.empty() || events_.begin()->first.first > end);
    Advance(step);
    while (!events_.empty() && events_.begin()->first.first <= now_) {
      const std::function<void()> event = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      event();
    }
    if (last) break;
  }
  RunPosted();
}

void World::RunPosted() {
  bool more = true;
  while (more) {
    more = false;
    for (Node* node : nodes_) {
      if (!node->process || node->suspended) continue;
      node->process->restart();
      more = node->process->poll() > 0 || more;
    }
  }
}

// In whole milliseconds, so that clocks of different speeds do not make ever smaller steps.
absl::Duration World::UntilNext(absl::Duration most) const {
  absl::Duration next = most;
  if (!events_.empty()) next = std::min(next, events_.begin()->first.first - now_);
  for (const Node* node : nodes_) {
    if (!node->clock || node->suspended) continue;
    const absl::Duration local = node->clock->UntilNextTimer();
    if (local == absl::InfiniteDuration()) continue;
    next = std::min(next, absl::Ceil(local / (1 + node->drift), absl::Milliseconds(1)));
  }
  return std::max(next, absl::ZeroDuration());
}

void World::Advance(absl::Duration step) {
  now_ += step;
  for (Node* node : nodes_) {
    if (!node->clock) continue;
    const absl::Duration local = step * (1 + node->drift);
    if (node->suspended) {
      node->slept += local;
    } else {
      node->clock->Advance(local);
    }
  }
}

}  // namespace steward::simulation
