// The maintenance windows in force, asked by the issues. Pure: no clock, no storage; used on one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/issues/window.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// The zones by whose wall clocks windows are kept.
struct WindowZones {
  absl::TimeZone other;  // of sites that are not named
  std::map<std::string, absl::TimeZone, std::less<>> sites;

  absl::TimeZone Of(std::string_view site) const {
    const auto found = sites.find(site);
    return found == sites.end() ? other : found->second;
  }
};

class WindowBook {
 public:
  // New conditions wait this long after a window, then their raise time begins: machines come up one after another.
  static constexpr absl::Duration kSettle = absl::Minutes(15);
  // What began in a window and is true still so long after it is told: the work did not end when it should have.
  static constexpr absl::Duration kOverrun = absl::Minutes(30);

  void SetZones(WindowZones zones);
  void SetWindows(std::vector<Window> windows);
  const std::vector<Window>& windows() const { return windows_; }
  const WindowZones& zones() const { return zones_; }

  struct Cover {
    const Window* window;  // until the next change
    absl::Time begin, end;
    bool IsOver(absl::Time now) const { return now >= end; }
  };
  // The window that the machine is in, or was in until kSettle ago; of several the one that ends last.
  std::optional<Cover> CoverOf(const WindowScope& scope, absl::Time now);

 private:
  struct Near {
    std::size_t window;
    absl::TimeZone zone;
    Occurrence occurrence;
  };
  void Look(absl::Time now);

  WindowZones zones_;
  std::vector<Window> windows_;
  std::vector<Near> near_;  // those that have begun and settle at the latest after `now`; good for [from_, until_)
  absl::Time from_ = absl::InfiniteFuture();
  absl::Time until_ = absl::InfinitePast();
};

// Of these a window holds nothing back: they are never part of the work.
bool IsNeverMuted(std::string_view type);

// A window covers it: nobody is told, no clock runs.
inline bool IsPausedByWindow(const v1::Issue& issue) { return !issue.window_id().empty() && !IsNeverMuted(issue.type()); }

}  // namespace steward::collector
