// Prometheus' HTTP service discovery: one target group a machine, each its own page.
#pragma once

#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "collector/latest/latest.h"

namespace steward::collector {

// `host` is the address under which the asker reached the collector, `scheme` http or https.
std::string ServiceDiscoveryJson(absl::Span<const MachineStatus> machines, std::string_view host,
                                 std::string_view scheme);

}  // namespace steward::collector
