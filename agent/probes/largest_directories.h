// What takes the room of file systems that are nearly full, by directory: words for the issue, not numbers.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "agent/probe.h"
#include "agent/probe_settings.h"
#include "agent/probes/note_board.h"

namespace steward::agent {

// Of the inventory: key the mount point, "38.1 GB /var/lib/docker, 12.3 GB /var/log, 2.0 GB in the rest of /".
inline constexpr char kSpaceGroup[] = "space";

// How often is looked whether a file system is nearly full; its directories are counted then, again after a day, and an hour after
// if another kSpaceGrowth of the file system is gone.
inline constexpr absl::Duration kSpaceInterval = absl::Minutes(10);
inline constexpr absl::Duration kSpaceCountedAgain = absl::Hours(24);
inline constexpr absl::Duration kSpaceCountedSoonest = absl::Hours(1);
inline constexpr double kSpaceGrowth = 0.02;

// `text` as Tool::kLargestDirectories gives it. Lines that are not understood are left out.
std::vector<Note> ParseLargestDirectories(std::string_view text);

// Samples nothing. NotFound: agent.toml wants no directories named.
std::unique_ptr<Probe> MakeLargestDirectoriesProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
