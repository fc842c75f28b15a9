// What virtual memory does: /proc/vmstat, paging, swapping, faults, reclaim and out-of-memory kills.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"
#include "agent/probes/metric_families.h"

namespace steward::agent {

absl::Status ParseVmstat(std::string_view text, MetricFamilies& families, SampleSink& sink);

std::unique_ptr<Probe> MakeVmstatProbe(Platform& platform);

}  // namespace steward::agent
