// True time of a simulation, and everything that happens in it: one thread, one queue of events, machines ("nodes")
// each with clocks of their own. The same seed gives the same run, event by event.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/manual_clock.h"
#include "boost/asio/io_context.hpp"
#include "tests/fleet/life_series.h"

namespace steward::simulation {

using fleet::Random;

// [low, high)
absl::Duration Between(Random& random, absl::Duration low, absl::Duration high);
bool Chance(Random& random, double probability);

// A machine's hardware: a clock that may run too fast, and the process on it. A process that is killed takes its
// io_context along, with all that was posted to it.
struct Node {
  std::unique_ptr<ManualClock> clock;                // null: switched off
  std::unique_ptr<boost::asio::io_context> process;  // null: none runs
  double drift = 0;                                  // 1e-6: the clock gains a second in a million
  bool suspended = false;                            // nothing runs, the boot clock counts on
  absl::Duration slept = absl::ZeroDuration();       // what the clock is owed when it wakes
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  absl::Duration now() const { return now_; }  // since the start
  absl::Time true_time() const { return kStart + now_; }
  Random& random() { return random_; }

  // `node` outlives the world's runs. Nodes are served in the order in which they were added.
  void Add(Node& node) { nodes_.push_back(&node); }
  // Not before what is due already; events of one moment run in the order in which they were asked for.
  void After(absl::Duration delay, std::function<void()> event);
  void RunFor(absl::Duration span);

  static constexpr absl::Time kStart = absl::FromUnixSeconds(1'772'582'400);  // 2026-03-04T00:00:00Z, a Wednesday

 private:
  void RunPosted();
  absl::Duration UntilNext(absl::Duration most) const;
  void Advance(absl::Duration step);

  absl::Duration now_ = absl::ZeroDuration();
  Random random_;
  std::vector<Node*> nodes_;
  std::map<std::pair<absl::Duration, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t next_order_ = 0;
};

}  // namespace steward::simulation
