// A channel's secret: a reference to a file or an environment variable, never in the configuration itself.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "collector/config/config.h"

namespace steward::collector {

// Line ends at the end are not part of it. Empty if the channel has none. NotFound, PermissionDenied, InvalidArgument
// (empty, or larger than 4 KiB) name the file or variable and the channel.
absl::StatusOr<std::string> ReadSecret(const ChannelConfig& channel);

}  // namespace steward::collector
