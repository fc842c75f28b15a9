// Interrupts by line, device and processor: /proc/interrupts.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/platform/platform.h"
#include "agent/probe.h"

namespace steward::agent {

// A counter appears with its first interrupt: a server with a hundred processors has as many counters a line, and most of
// them stay at 0 for ever.
absl::Status ParseInterrupts(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeInterruptsProbe(Platform& platform);

}  // namespace steward::agent
