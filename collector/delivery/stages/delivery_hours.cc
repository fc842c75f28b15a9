#include "collector/delivery/stages/delivery_hours.h"

namespace steward::collector {
namespace {

constexpr int kDaysLooked = 15;  // a week without a working day does not occur, two weeks are enough for each question

std::size_t IndexOf(absl::CivilDay day) { return static_cast<std::size_t>(absl::GetWeekday(day)); }

}  // namespace

DeliveryHours::DeliveryHours(const DeliveryConfig& config) : config_(config), zone_(absl::LocalTimeZone()) {
  if (!config.time_zone.empty()) absl::LoadTimeZone(config.time_zone, &zone_);
}

absl::Time DeliveryHours::At(absl::CivilDay day, absl::Duration time_of_day) const {
  return absl::FromCivil(absl::CivilSecond(day) + absl::ToInt64Seconds(time_of_day), zone_);
}

absl::Duration DeliveryHours::TimeOfDay(absl::Time time) const {
  const absl::CivilSecond now = absl::ToCivilSecond(time, zone_);
  return absl::Hours(now.hour()) + absl::Minutes(now.minute()) + absl::Seconds(now.second());
}

bool DeliveryHours::IsWorkingDay(absl::CivilDay day) const { return config_.working_days[IndexOf(day)]; }

bool DeliveryHours::IsFirstOfWeek(absl::CivilDay day) const {
  if (!IsWorkingDay(day)) return false;
  for (std::size_t i = 0; i < IndexOf(day); ++i) {
    if (config_.working_days[i]) return false;
  }
  return true;
}

absl::Time DeliveryHours::WorkFrom(absl::Time time) const {
  const absl::CivilDay today = absl::ToCivilDay(time, zone_);
  if (IsWorkingDay(today) && config_.working_hours.Contains(TimeOfDay(time))) return time;
  for (int i = 0; i < kDaysLooked; ++i) {
    const absl::Time begin = At(today + i, config_.working_hours.from);
    if (IsWorkingDay(today + i) && begin > time) return begin;
  }
  return time;
}

absl::Time DeliveryHours::MorningAfter(absl::Time time) const {
  const absl::CivilDay today = absl::ToCivilDay(time, zone_);
  for (int i = 0; i < kDaysLooked; ++i) {
    const absl::Time morning = At(today + i, config_.morning);
    if (IsWorkingDay(today + i) && morning > time) return morning;
  }
  return time;
}

absl::Time DeliveryHours::WeekAfter(absl::Time time) const {
  const absl::CivilDay today = absl::ToCivilDay(time, zone_);
  for (int i = 0; i < kDaysLooked; ++i) {
    const absl::Time morning = At(today + i, config_.morning);
    if (IsFirstOfWeek(today + i) && morning > time) return morning;
  }
  return time;
}

absl::Time DeliveryHours::EndOf(const DayHours& hours, absl::Time time) const {
  if (hours.empty() || !hours.Contains(TimeOfDay(time))) return time;
  const absl::CivilDay today = absl::ToCivilDay(time, zone_);
  const absl::Time end = At(today, hours.to);
  return end > time ? end : At(today + 1, hours.to);
}

}  // namespace steward::collector
