#include "collector/issues/service_level.h"

#include <algorithm>

namespace steward::collector {
namespace {

constexpr WorkSpan Minutes(int minutes) { return {absl::Minutes(minutes), 0}; }
constexpr WorkSpan Hours(int hours) { return {absl::Hours(hours), 0}; }
constexpr WorkSpan Days(int days) { return {absl::ZeroDuration(), days}; }

}  // namespace

ServiceLevels::ServiceLevels()
    : levels_{{{Days(2), Days(20), Days(20)},
               {Hours(4), Days(3), Days(5)},
               {Hours(1), Hours(8), Days(1)},
               {Minutes(30), Hours(4), Hours(2)}}} {}

void ServiceLevels::Lay(Severity severity, const ServiceLevelConfig& config) {
  if (severity == Severity::kNone) return;
  ServiceLevel& level = levels_[static_cast<std::size_t>(severity) - 1];
  level.respond = config.respond.value_or(level.respond);
  level.resolve = config.resolve.value_or(level.resolve);
  level.decide = config.decide.value_or(level.decide);
}

const ServiceLevel& ServiceLevels::Of(Severity severity) const {
  return levels_[static_cast<std::size_t>(std::max(severity, Severity::kLow)) - 1];
}

const Calendar& Terms::CalendarFor(Severity severity) const {
  static const Calendar always = Calendar::Always();
  return always_ && severity == Severity::kCritical ? always : site_.calendar;
}

absl::Time Terms::After(WorkSpan ServiceLevel::*span, Severity severity, absl::Time from) const {
  const Calendar& calendar = CalendarFor(severity);
  const WorkSpan& work = site_.levels.Of(severity).*span;
  return calendar.Add(from, work.time + work.days * calendar.WorkingDay());
}

}  // namespace steward::collector
