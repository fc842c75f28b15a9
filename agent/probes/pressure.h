// How long work waited for cpu, memory and disk: /proc/pressure.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

enum class PressureResource : std::uint8_t { kCpu, kIo, kMemory };

absl::Status ParsePressure(PressureResource resource, std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakePressureProbe(Platform& platform);

}  // namespace steward::agent
