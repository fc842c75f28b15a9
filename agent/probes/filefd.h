// Open files of the whole system: /proc/sys/fs/file-nr.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

absl::Status ParseFileNr(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeFilefdProbe(Platform& platform);

}  // namespace steward::agent
