#include "collector/issues/window_book.h"

#include <algorithm>
#include <array>
#include <utility>

namespace steward::collector {

void WindowBook::SetZones(WindowZones zones) {
  zones_ = std::move(zones);
  until_ = absl::InfinitePast();
}

void WindowBook::SetWindows(std::vector<Window> windows) {
  windows_ = std::move(windows);
  until_ = absl::InfinitePast();
}

// What holds until the next window begins or one has settled: mostly nothing, so that asking costs nothing.
void WindowBook::Look(absl::Time now) {
  near_.clear();
  from_ = now;
  until_ = absl::InfiniteFuture();
  std::vector<absl::TimeZone> zones = {zones_.other};
  for (const auto& [site, zone] : zones_.sites) {
    if (std::find(zones.begin(), zones.end(), zone) == zones.end()) zones.push_back(zone);
  }
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    for (const absl::TimeZone& zone : zones) {
      if (const auto next = NextBegun(windows_[i], zone, now)) until_ = std::min(until_, next->begin);
      const auto last = LastBegun(windows_[i], zone, now);
      if (!last || now >= last->end + kSettle) continue;
      near_.push_back({i, zone, *last});
      until_ = std::min(until_, last->end + kSettle);
    }
  }
}

std::optional<WindowBook::Cover> WindowBook::CoverOf(const WindowScope& scope, absl::Time now) {
  if (windows_.empty()) return std::nullopt;
  if (now < from_ || now >= until_) Look(now);
  if (near_.empty()) return std::nullopt;
  const absl::TimeZone zone = zones_.Of(scope.site);
  std::optional<Cover> cover;
  for (const Near& near : near_) {
    const Window& window = windows_[near.window];
    if (near.zone != zone || !Covers(window, scope)) continue;
    if (!cover || near.occurrence.end > cover->end) cover = {&window, near.occurrence.begin, near.occurrence.end};
  }
  return cover;
}

bool IsNeverMuted(std::string_view type) {
  constexpr std::array<std::string_view, 3> kTypes = {"malware-found", "new-local-admin", "audit-log-cleared"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

}  // namespace steward::collector
