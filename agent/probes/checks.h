// The company's own checks: programs in a folder of this machine, owned by root, which answer status 0 to 3 with a line of text
// and metrics (check_output.h). None ever comes over the wire.
#pragma once

#include <cstddef>
#include <memory>

#include "agent/probe.h"
#include "agent/probe_settings.h"

namespace steward::agent {

inline constexpr char kCheckGroup[] = "check";      // of the inventory: what each said last, "critical: 2 of 4 disks"
inline constexpr std::size_t kChecksMax = 100;      // programs; more are left out, and said so
inline constexpr std::size_t kChecksAtOnce = 4;     // run beside each other; the others wait
inline constexpr std::size_t kCheckSeriesMax = 2000;

// Each runs in a thread of its own at its own interval; what was said last is reported, so a check that hangs delays nobody. One
// that does not end by its deadline is ended with all it has started: all it has ever told is of status 3 then, and says why.
// A file that is not executable, or whose name has other than letters, digits, '_', '-' and '.' or begins with '.', is none.
// What a check is called: its file's name, or that of the Checkmk service; of two with one name the first counts.
// NotFound: no folder, or nothing in it.
std::unique_ptr<Probe> MakeChecksProbe(Platform& platform, const ProbeSettings& settings);

}  // namespace steward::agent
