// What a receiver wants to see in the headers of each request, secrets included.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/config/config.h"

namespace steward::collector {

// The lines "Name: value" for a request to this target. Reads the files each time, so that a token may be exchanged
// while the collector runs. Errors name the target, the file and what to do.
absl::StatusOr<std::vector<std::string>> RequestHeaders(const RemoteWriteConfig& target);

}  // namespace steward::collector
