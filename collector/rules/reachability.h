// Looks whether a machine answers at its address, without its agent: the eyes of machine-offline and agent-silent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "boost/asio/any_io_executor.hpp"
#include "collector/rules/presence.h"

namespace steward::collector {

class Reachability {
 public:
  virtual ~Reachability() = default;
  // Calls `done` once, on the executor, never from within this call: kAnswered as soon as anything answers, kSilent when
  // `deadline` has passed, kUnknown if this machine cannot look at such an address.
  virtual void Look(const std::string& address, absl::Duration deadline, std::function<void(Reach)> done) = 0;
};

// TCP to a few ports (a refusal is an answer), ICMP echo by an unprivileged socket or a raw one where permitted, and the
// kernel's neighbour table. Used on `executor`'s thread only; destroying it drops what is under way. `clock` outlives it.
std::unique_ptr<Reachability> NewReachability(boost::asio::any_io_executor executor, Clock& clock);

}  // namespace steward::collector
