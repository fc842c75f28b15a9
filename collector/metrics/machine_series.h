// The last values of machines as Prometheus text: family by family across the machines, as the format demands.
#pragma once

#include <memory>
#include <vector>

#include "collector/latest/latest.h"
#include "collector/metrics/text_source.h"

namespace steward::collector {

// `machines` in the order in which their lines shall stand. Values are those of the moment a piece is made; what is stale
// at the call is left out. `latest` outlives the source.
std::unique_ptr<TextSource> MachineSeries(const Latest& latest, std::vector<MachineStatus> machines);

}  // namespace steward::collector
