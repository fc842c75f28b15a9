// What network interfaces move: /proc/net/dev, all but the loopback.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

// `devices` gets each device reported, in order; views into `text`.
absl::Status ParseNetDev(std::string_view text, std::vector<std::string_view>& devices, SampleSink& sink);

std::unique_ptr<Probe> MakeNetdevProbe(Platform& platform);

}  // namespace steward::agent
