// How full a file system of a given size may be: the catalogue's size-aware level.
#pragma once

#include <algorithm>
#include <cmath>

namespace steward::collector {

inline constexpr double kGigabyte = 1e9;
inline constexpr double kMegabyte = 1e6;

// level(size) = 100 - (100 - L) * (size / 20 GB)^(m - 1), never below `least`; in per cent used. `level` is L, at 20 GB.
inline double SizeAwareLevel(double level, double size_bytes, double magic, double least) {
  return std::max(least, 100 - (100 - level) * std::pow(size_bytes / (20 * kGigabyte), magic - 1));
}

}  // namespace steward::collector
