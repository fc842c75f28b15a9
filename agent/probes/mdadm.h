// Software RAID: /proc/mdstat, and what the last check found, in /sys/block/md*/md.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseMdstat(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeMdadmProbe(Platform& platform);

}  // namespace steward::agent
