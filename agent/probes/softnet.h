// Packets each cpu took in: /proc/net/softnet_stat.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseSoftnet(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeSoftnetProbe(Platform& platform);

}  // namespace steward::agent
