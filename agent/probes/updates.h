// Updates that wait, how old the knowledge of them is, and whether they are installed by themselves.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "agent/probe.h"

namespace steward::agent {

class PackageUpdates;

// When dpkg's log tells of the last upgrade of a package: "2026-11-22 06:33:12 upgrade bash:amd64 5.2.15-2 5.2.15-3". In
// local time, of which only the present offset is known: an hour off if the clocks have been changed since.
std::optional<absl::Time> LastUpgrade(std::string_view dpkg_log, std::int64_t zone_offset_seconds);

// steward_updates_pending{kind}: security or other. A security fix that another update has overtaken counts by the newest
// version's origin. steward_updates_refresh_timestamp_seconds: a successful refresh that found nothing new may leave no
// trace on machines without apt's or dnf's timers.
std::unique_ptr<Probe> MakeUpdatesProbe(Platform& platform, std::shared_ptr<PackageUpdates> updates);

}  // namespace steward::agent
