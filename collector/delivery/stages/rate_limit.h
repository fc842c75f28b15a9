// How many messages leave in an hour: as many at once, then one each time the hour's share of one has passed.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace steward::collector {

class RateLimit {
 public:
  // 0: no limit.
  explicit RateLimit(int per_hour) : per_hour_(per_hour), left_(per_hour) {}

  // Whether one may leave now; then it has.
  bool Take(absl::Time now) {
    if (per_hour_ == 0) return true;
    Fill(now);
    if (left_ < 1) return false;
    --left_;
    return true;
  }

  // When the next may leave.
  absl::Time Next(absl::Time now) {
    if (per_hour_ == 0) return now;
    Fill(now);
    return left_ >= 1 ? now : now + (1 - left_) * absl::Hours(1) / per_hour_ + absl::Milliseconds(1);
  }

 private:
  void Fill(absl::Time now) {
    if (now > filled_) left_ = std::min<double>(per_hour_, left_ + per_hour_ * absl::FDivDuration(now - filled_, absl::Hours(1)));
    filled_ = now;  // a clock that was set back gives nothing
  }

  int per_hour_;
  double left_;
  absl::Time filled_ = absl::InfiniteFuture();  // until it is asked for the first time
};

}  // namespace steward::collector
