// The agent as a source of samples about itself: steward_agent_*.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/sampler.h"
#include "agent/spool/spool.h"

namespace steward::agent {

struct AgentNumbers {
  std::string version;
  std::string boot_id;
  SpoolStatus spool;
  SamplerCounters sampler;
  std::vector<ProbeHealth> probes;
  std::uint64_t series = 0;
  std::uint64_t connections = 0;
  std::uint64_t refused_batches = 0;
};

// Read once a minute at most: what it says changes with every cycle and would cost bytes.
std::unique_ptr<Probe> NewAgentProbe(std::function<AgentNumbers()> numbers);

}  // namespace steward::agent
