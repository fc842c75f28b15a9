// The firewall's connection table: /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseConntrackStat(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeConntrackProbe(Platform& platform);

}  // namespace steward::agent
