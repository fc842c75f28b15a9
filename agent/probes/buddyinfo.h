// How fragmented the free memory is: /proc/buddyinfo.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseBuddyinfo(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeBuddyinfoProbe(Platform& platform);

}  // namespace steward::agent
