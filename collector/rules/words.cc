#include "collector/rules/words.h"

#include <array>
#include <cmath>

#include "absl/strings/str_format.h"

namespace steward::collector {

std::string BytesText(double bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  double shown = std::abs(bytes);
  while (shown >= 999.5 && unit + 1 < kUnits.size()) {
    shown /= 1000;
    ++unit;
  }
  const char* sign = bytes < 0 ? "-" : "";
  if (unit == 0 || shown >= 99.95) return absl::StrFormat("%s%.0f %s", sign, shown, kUnits[unit]);
  return absl::StrFormat("%s%.*f %s", sign, shown >= 9.995 ? 1 : 2, shown, kUnits[unit]);
}

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
