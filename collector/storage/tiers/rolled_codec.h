// Rolled-up points as bytes: a column a value, what is alike in many series once. FORMAT.md has the layout.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "collector/storage/tiers/rolled_points.h"

namespace steward::collector {

inline constexpr std::int64_t kRolledCoding = 1;          // stored: permanent
inline constexpr std::uint64_t kRolledPointsMax = 4'096;  // of a series in one pack; a period has far fewer

// `series` are not empty, have at most kRolledPointsMax points each, in buckets of `bucket_ms`.
std::string PackRolled(std::int64_t bucket_ms, absl::Span<const RolledSeries> series);

class RolledPack {
 public:
  // DataLoss: damaged. `content` is read as long as the object is used. No content, however made, makes it read out of
  // bounds or take memory beyond what a pack may hold.
  static absl::StatusOr<RolledPack> Open(std::string_view content);

  std::int64_t bucket_ms() const { return bucket_ms_; }
  // Without their points.
  const std::vector<RolledSeries>& series() const { return series_; }
  // Sets `points` to those of series()[index]; not scaled.
  absl::Status Read(std::size_t index, std::vector<RolledPoint>& points);

 private:
  struct Moments {                                                           // of the points of one or many series
    std::vector<std::int64_t> buckets, counts, first_offsets, last_offsets;  // offsets: within the bucket
  };
  struct Shape {
    std::uint64_t count = 0;
    std::string_view columns[4];
    std::optional<Moments> moments;  // once read
  };
  struct Values {
    std::size_t shape = 0;
    bool is_double = false;
    std::string_view columns[4];  // last, max, min, sum
  };
  class Parser;

  absl::Status ReadMoments(Shape& shape) const;

  std::unique_ptr<const std::string> head_;
  std::int64_t bucket_ms_ = 0;
  std::vector<RolledSeries> series_;
  std::vector<Values> values_;  // as series_
  std::vector<Shape> shapes_;
};

}  // namespace steward::collector
