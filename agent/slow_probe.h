// Takes a probe whose source is slow off the sampling path: it is asked in a thread that lives for the question, at its own
// interval with jitter, and its last answer is what the sampler sees.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "base/clock.h"

namespace steward::agent {

// One that is asked every half hour or less often is asked for the first time after a hundred-and-twentieth of its interval, or
// twice that: the start of an agent, or of a machine, is not the time for programs that take seconds of the processor.
inline constexpr absl::Duration kSlowProbeStartsAtOnce = absl::Minutes(30);
// A probe that fails is asked again after this, doubled with each failure up to its interval.
inline constexpr absl::Duration kSlowProbeRetry = absl::Minutes(1);
// How often the sampler takes what is there.
inline constexpr absl::Duration kSlowProbeReport = absl::Minutes(1);

// Those of `probes` that have a slow_interval() are wrapped, the others stay as they are. `random` is called here only.
// A wrapped probe says nothing until the first answer; DeadlineExceeded if a question has not been answered by the time the
// next is due, which is then not asked: nothing piles up. After an error the last good answer is no longer told.
// Its destructor waits at most 2 s for a question under way and leaves it behind then: what the probe uses (its Platform)
// must be left to the end of the process, too.
std::vector<std::unique_ptr<Probe>> TakeOffSamplingPath(std::vector<std::unique_ptr<Probe>> probes, Clock& clock,
                                                        const std::function<std::uint64_t()>& random);

}  // namespace steward::agent
