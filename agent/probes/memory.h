// How the memory is used: /proc/meminfo, every field of it.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"
#include "agent/probes/metric_families.h"

namespace steward::agent {

absl::Status ParseMeminfo(std::string_view text, MetricFamilies& families, SampleSink& sink);

std::unique_ptr<Probe> MakeMemoryProbe(Platform& platform);

}  // namespace steward::agent
