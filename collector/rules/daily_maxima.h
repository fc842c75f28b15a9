// The greatest value of each of the last days, and where it is heading: what slow forecasts are made of. Days are UTC's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/rules/theil_sen.h"

namespace steward::collector {

class DailyMaxima {
 public:
  static constexpr int kDays = 28;          // kept and judged
  static constexpr int kDaysLeast = 7;      // with fewer seen there is no trend
  static constexpr double kRestartDrop = 0.10;  // of the whole, from one day to the next: somebody made room, a new trend begins

  // `whole`: what a value can be at most (a volume's size); another one begins anew. Times rise, older ones are ignored.
  void Add(absl::Time time, double value, double whole);

  // Of whole days only, the last `days_seen` of them at most. `at` of its points is in days.
  std::optional<Trend> TrendOver(int days_seen) const { return TrendsOver(days_seen).all; }
  // The same as if the greatest change from one day to the next had not been: what one large copy leaves of itself is none.
  std::optional<Trend> TrendWithoutLargestStep(int days_seen) const { return TrendsOver(days_seen).without_largest_step; }
  // Value of the newest whole day; only to be asked if there is a trend.
  double newest() const { return days_.back().value; }
  // What was known was given up because of a drop or another size, and there is no trend since.
  bool restarted() const { return restarted_ && days_.size() < kDaysLeast; }

  // Space-separated numbers, for the next start; Decode ignores what is not Encode's.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  struct Day {
    std::int64_t day = 0;  // since 1970
    double value = 0;
  };
  struct Trends {
    int days_seen = 0;
    std::optional<Trend> all, without_largest_step;
  };
  void Close();
  std::vector<TrendPoint> Points(int days_seen) const;
  const Trends& TrendsOver(int days_seen) const;

  std::vector<Day> days_;  // whole ones, ascending
  mutable std::optional<Trends> trends_;  // of days_, when they were last asked for: they change once a day
  Day today_;
  bool has_today_ = false;
  double whole_ = 0;
  bool restarted_ = false;
};

// When a value that stands at `value` now and follows `trend` (a day) reaches `target`, in days from now: the middle and both
// ends of its range. None: it does not move, or not surely towards it.
struct TimeTo {
  double days = 0;
  double soonest = 0, latest = 0;
};
std::optional<TimeTo> DaysTo(double target, double value, const Trend& trend);

}  // namespace steward::collector
