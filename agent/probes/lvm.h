// LVM's volumes: whole, synchronised, and how full thin pools and snapshots are.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

inline constexpr absl::Duration kLvmInterval = absl::Minutes(10);
inline constexpr absl::Duration kLvmDeadline = absl::Seconds(30);

// `text`: the JSON of lvs. DataLoss: it is not.
absl::Status ParseLvm(std::string_view text, SampleSink& sink);

// Does not ask on a machine without active volumes.
std::unique_ptr<Probe> MakeLvmProbe(Platform& platform);

}  // namespace steward::agent
