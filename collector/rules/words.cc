#include "collector/rules/words.h"

#include <array>
#include <cmath>

#include "absl/strings/str_format.h"

namespace steward::collector {

std::string PercentText(double percent) { return absl::StrFormat("%.1f %%", percent); }

std::string RoughDuration(absl::Duration span) {
  if (span < absl::ZeroDuration()) return "-" + RoughDuration(-span);
  const double seconds = absl::ToDoubleSeconds(span);
  if (seconds < 90) return absl::StrFormat("%.0f s", seconds);
  if (seconds < 90 * 60) return absl::StrFormat("%.0f min", seconds / 60);
  if (seconds < 36 * 3600) return absl::StrFormat("%.0f h", seconds / 3600);
  return absl::StrFormat("%.0f days", seconds / 86400);
}

std::string ClockTime(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

std::string MachineName(const MachineRecord& machine) {
  if (!machine.instance.empty()) return machine.instance;
  return machine.host_name.empty() ? machine.id : machine.host_name;
}

}  // namespace steward::collector
