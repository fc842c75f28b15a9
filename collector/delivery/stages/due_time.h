// When a message may leave and how, by how bad its issue is and by what its route and channel want. Pure.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "collector/delivery/stages/delivery_hours.h"
#include "collector/issues/urgency.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// `digest` is the route's ("" is none). Catalogue, "Escalation": what is critical leaves at once, whatever route and
// channel want; by severity, what is high leaves at once in working hours and, if IsToldAtAnyHour, at any other; what is
// medium in the morning, what is low when the week begins.
inline absl::Time DueTime(std::string_view digest, const v1::Issue& issue, absl::Time written, const DayHours& quiet,
                          const DeliveryHours& hours) {
  const Severity severity = ParseSeverity(issue.severity());
  if (severity == Severity::kCritical) return written;
  if (digest == "morning") return hours.MorningAfter(written);
  if (digest == "weekly") return hours.WeekAfter(written);
  if (digest == "by-severity" && severity == Severity::kMedium) return hours.MorningAfter(written);
  if (digest == "by-severity" && severity <= Severity::kLow) return hours.WeekAfter(written);
  const absl::Time from = digest == "by-severity" && !IsToldAtAnyHour(issue) ? hours.WorkFrom(written) : written;
  return hours.EndOf(quiet, from);
}

// It leaves, but wakes nobody: what is high, outside of working hours.
inline bool IsQuiet(const v1::Issue& issue, absl::Time now, const DeliveryHours& hours) {
  return ParseSeverity(issue.severity()) == Severity::kHigh && hours.WorkFrom(now) > now;
}

}  // namespace steward::collector
