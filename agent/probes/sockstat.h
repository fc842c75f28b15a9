// Sockets in use: /proc/net/sockstat and sockstat6.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"
#include "agent/probes/metric_families.h"

namespace steward::agent {

absl::Status ParseSockstat(std::string_view source, std::string_view text, std::int64_t page_size_bytes,
                           MetricFamilies& families, SampleSink& sink);

std::unique_ptr<Probe> MakeSockstatProbe(Platform& platform);

}  // namespace steward::agent
