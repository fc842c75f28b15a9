// Counters of the network protocols: /proc/net/netstat, snmp and snmp6.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"
#include "agent/probes/metric_families.h"

namespace steward::agent {

// Two lines a protocol, names and values (netstat, snmp).
absl::Status ParseNetstat(std::string_view source, std::string_view text, MetricFamilies& families, SampleSink& sink);
// One line a counter (snmp6).
absl::Status ParseSnmp6(std::string_view text, MetricFamilies& families, SampleSink& sink);

std::unique_ptr<Probe> MakeNetstatProbe(Platform& platform);

}  // namespace steward::agent
