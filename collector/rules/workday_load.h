// How busy a workstation is on the days on which it is used: of each such day the level of memory, processors and disk that is
// exceeded in a twentieth of its working hours. A day's histogram while it lasts, three bytes for each of the last days.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace steward::collector {

class WorkdayLoad {
 public:
  static constexpr std::size_t kDaysKept = 20;
  static constexpr absl::Duration kLeastSeen = absl::Hours(1);  // of a day, that it counts
  enum Measure : std::size_t { kMemory, kProcessors, kDisk, kMeasures };
  using Percents = std::array<double, kMeasures>;  // negative: not known

  // One moment in working hours of this day. Moments come in their order; one of another day ends the day before.
  void Add(absl::CivilDay day, absl::Time time, absl::Duration interval, const Percents& busy);
  // A moment outside of working hours: the day is over.
  void EndDay();

  // The days that are over and count.
  std::size_t days() const { return days_.size(); }
  // Those of them on which a measure was above its limit.
  std::size_t DaysAbove(const Percents& limits) const;
  std::size_t DaysAbove(Measure measure, double limit) const;

  std::string Encode() const;  // one line without its end; empty: nothing is known
  void Decode(std::string_view line);

 private:
  static constexpr std::size_t kBuckets = 51;  // of 2 %
  struct Day {
    absl::CivilDay day;
    std::array<std::uint8_t, kMeasures> percent{};
  };
  using Histogram = std::array<std::uint16_t, kBuckets>;

  absl::CivilDay today_;
  absl::Time last_ = absl::InfinitePast();  // moment of today
  absl::Duration seen_;                     // of today
  std::vector<Histogram> counts_;           // by measure; empty: no day is under way
  std::vector<Day> days_;                   // oldest first
};

}  // namespace steward::collector
