// The deterministic workload (workload.hpp) as an agent's series: integers with a scale where the source is one.
#pragma once

#include "proto/wire/descriptor.h"
#include "proto/wire/samples.h"
#include "tests/bench/workload.hpp"

namespace steward::bench {

inline constexpr std::int64_t kWorkloadIntervalMs = 15'000;
inline constexpr int kWorkloadHosts = 200;
inline constexpr int kWorkloadCycles = 1'440;  // 6 h

// The 150 series of a host, all in one group.
v1::DescriptorSet WorkloadDescriptors(std::uint64_t epoch);

// One host's values of a cycle, from what Workload::step wrote.
wire::SampleBatch WorkloadBatch(std::int64_t cycle, const double* values);

}  // namespace steward::bench
