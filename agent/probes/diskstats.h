// What disks read and write: /proc/diskstats, whole disks and not partitions.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

// Partitions, RAM, loop and floppy devices, as node_exporter leaves them out.
bool IsIgnoredDisk(std::string_view device);

absl::Status ParseDiskstats(std::string_view text, SampleSink& sink);

std::unique_ptr<Probe> MakeDiskstatsProbe(Platform& platform);

}  // namespace steward::agent
