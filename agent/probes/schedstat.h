// How long each cpu ran and let wait: /proc/schedstat.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseSchedstat(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeSchedstatProbe(Platform& platform);

}  // namespace steward::agent
