// What a series was within a window, in a bounded number of buckets: enough for increase, least, greatest, average and median.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace steward::collector {

class SeriesHistory {
 public:
  static constexpr int kBuckets = 32;  // a window; what is told of it is true to one part in so many

  // Kept as long as `window`. `from_zero`: what the first value says has happened counts as an increase.
  SeriesHistory(absl::Duration window, bool from_zero) : window_(window), from_zero_(from_zero) {}

  // Times rise. A value below the one before is a counter that began anew, from zero.
  void Add(absl::Time time, double value);
  bool empty() const { return buckets_.empty(); }
  absl::Time last() const { return buckets_.empty() ? absl::InfinitePast() : buckets_.back().end; }
  absl::Duration window() const { return window_; }
  bool from_zero() const { return from_zero_; }

  // Of the last Add's window. Not to be asked while empty.
  double Increase() const;
  std::optional<double> Rate() const;  // a second, between two samples that are known; none: there are not two
  double Least() const;
  double Greatest() const;
  double Average() const;
  double Median() const;  // of the buckets' averages, each as often as it has samples

  // For the next start; what Decode does not understand leaves the history empty.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  struct Bucket {
    absl::Time begin, end;      // of its first and last sample
    double risen = 0;           // counter at `end`, restarts added up
    double least = 0, greatest = 0, sum = 0;
    double count = 0;
  };

  absl::Duration window_;
  std::deque<Bucket> buckets_;  // oldest first
  double before_ = 0;           // `risen` where the oldest bucket begins
  double value_ = 0;            // the last one
  bool from_zero_;
};

}  // namespace steward::collector
