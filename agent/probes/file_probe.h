// The plain case of a probe: one file, one pure parser.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/platform/platform.h"
#include "agent/probe.h"

namespace steward::agent {

using TextParser = absl::Status (*)(std::string_view text, SampleSink& sink);

// Reads `path` and hands it to `parse`. Errors of both pass through.
std::unique_ptr<Probe> MakeFileProbe(Platform& platform, std::string_view name, std::string_view path, TextParser parse,
                                     absl::Duration interval_min = absl::ZeroDuration());

}  // namespace steward::agent
