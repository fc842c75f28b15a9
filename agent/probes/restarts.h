// Restarts of this machine by its record of log-ins: when, and whether a shutdown came before.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "agent/platform/linux/utmp.h"
#include "agent/probe.h"

namespace steward::agent {

// How far back restarts are counted.
inline constexpr absl::Duration kRestartsWindow = absl::Hours(24 * 30);

struct RecordedBoot {
  absl::Time time;
  bool is_first = false;  // nothing is recorded before it: whether it was expected is not known
  bool is_clean = false;  // a shutdown is recorded between the boot before and this one
};
// `records` oldest first.
std::vector<RecordedBoot> FindBoots(absl::Span<const UtmpRecord> records);

// Reads /var/log/wtmp and the file that was last rotated away. NotFound: there is none (Debian 13 and Fedora 43 write it no
// more), or it does not know of the present boot.
std::unique_ptr<Probe> MakeRestartsProbe(Platform& platform);

}  // namespace steward::agent
