// Every type of channel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/config/config.h"
#include "collector/delivery/channel.h"
#include "collector/delivery/channel_tools.h"

namespace steward::collector {

// For reading the configuration.
std::vector<std::string> ChannelTypes();

// Errors: a type that this version does not know, a secret that cannot be read.
absl::StatusOr<std::vector<std::unique_ptr<Channel>>> MakeChannels(absl::Span<const ChannelConfig> configs, const ChannelTools& tools);

}  // namespace steward::collector
