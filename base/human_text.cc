#include "base/human_text.h"

#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace steward {

std::string RoughDuration(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return "never";
  const std::int64_t seconds = duration < absl::ZeroDuration() ? 0 : absl::ToInt64Seconds(duration);
  if (seconds < 100) return absl::StrCat(seconds, " s");
  if (seconds < 100 * 60) return absl::StrCat(seconds / 60, " min");
  if (seconds < 48 * 3600) return absl::StrCat(seconds / 3600, " h");
  return absl::StrCat(seconds / 86400, " d");
}

std::string RelativeTime(absl::Time time, absl::Time now) {
  if (time == absl::InfinitePast()) return "never";
  const absl::Duration ago = now - time;
  if (ago <= -absl::Seconds(1)) return absl::StrCat("in ", RoughDuration(-ago));
  if (ago < absl::Seconds(1)) return "just now";
  return absl::StrCat(RoughDuration(ago), " ago");
}

std::string ByteSize(double bytes) {
  static constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (std::abs(bytes) >= 1000 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  if (unit == 0 || std::abs(bytes) >= 10) return absl::StrFormat("%.0f %s", bytes, kUnits[unit]);
  return absl::StrFormat("%.1f %s", bytes, kUnits[unit]);
}

std::string BytesText(double bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
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

}  // namespace steward
