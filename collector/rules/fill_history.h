// How full one file system was over the last hours, in bounded memory: what forecasts and growth are made of.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/rules/daily_maxima.h"

namespace steward::collector {

class FillHistory {
 public:
  static constexpr absl::Duration kStep = absl::Minutes(5);     // one point each
  static constexpr absl::Duration kWindow = absl::Hours(6);     // of the least squares line
  static constexpr absl::Duration kSpanMin = absl::Hours(1);    // less than that is no trend to warn of
  static constexpr absl::Duration kSpanLeast = absl::Minutes(10);  // less than that is no line
  static constexpr absl::Duration kRecent = absl::Minutes(30);
  static constexpr double kRecentShare = 0.25;
  static constexpr std::size_t kPointsMax = 73;                 // both ends of the window
  static constexpr int kHours = 28;                             // of hourly peaks
  static constexpr double kRestartDrop = 0.10;                  // of the size: emptied by a person or a job, a new trend begins

  // Samples come in order of time; older ones than the last are ignored.
  void Add(absl::Time time, double size, double avail);

  absl::Time last() const { return last_; }

  // The line through the window's points: free(t) = free_at_end + slope * (t - end). None until the points span kSpanLeast.
  struct Line {
    absl::Time end;
    double free_at_end = 0;  // bytes, on the line
    double slope = 0;        // bytes a second; negative while it fills
    absl::Duration span;     // from its first point to its last
  };
  const std::optional<Line>& line() const { return line_; }
  // Until the line meets zero; zero if it has, infinite if it never will, none without a line.
  std::optional<absl::Duration> TimeLeft(absl::Time now) const;

  // The line spans kSpanMin, and over the last half hour it filled at a quarter of the line's pace at least: a single large file is a step, not a trend.
  bool IsStillFilling() const;

  struct Growth {
    double bytes = 0;        // more in use than at the start of the window
    absl::Duration over;
  };
  std::optional<Growth> GrowthInWindow() const;

  // The fullest it was (0 to 1) between 20 and 27 hours before `now`: what comes and goes once a day is no news.
  // Negative if nothing is known.
  double PeakADayBefore(absl::Time now) const;

  // Of the bytes in use, for the slow forecast.
  const DailyMaxima& daily() const { return daily_; }

  // For a restart of the collector. Decode ignores text that is not Encode's.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  struct Point {
    std::int64_t step = 0;   // Unix time / kStep
    double free = 0;
  };
  void Restart();
  void FitLine();

  double size_ = 0;
  absl::Time last_ = absl::InfinitePast();
  std::vector<Point> points_;                    // ascending
  std::array<float, kHours> peaks_{};            // by hour modulo kHours: fullest, 0 to 1
  std::array<std::uint32_t, kHours> peak_hours_{};  // Unix hour of each peak; 0: none
  std::optional<Line> line_;
  DailyMaxima daily_;
};

}  // namespace steward::collector
