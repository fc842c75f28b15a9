// The load averages: /proc/loadavg.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseLoadAverage(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeLoadAverageProbe(Platform& platform);

}  // namespace steward::agent
