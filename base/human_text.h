// Times and sizes as people read them.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace steward {

// The largest whole unit: "12 s", "3 min", "5 h", "2 d"; negative ones as 0 s; InfiniteDuration as "never".
std::string RoughDuration(absl::Duration duration);

// "12 s ago", "just now", "in 3 h"; InfinitePast as "never".
std::string RelativeTime(absl::Time time, absl::Time now);

// "512 B", "1.5 KiB", "23 GiB": as computers count.
std::string ByteSize(double bytes);
// "512 kB", "6.9 GB", "1.25 TB": as disks are sold.
std::string BytesText(double bytes);

}  // namespace steward
