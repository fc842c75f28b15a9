// The neighbours each interface knows: /proc/net/arp.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseArp(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeArpProbe(Platform& platform);

}  // namespace steward::agent
