// When a message may leave, by how bad its issue is and by what its route and channel want. Pure.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "collector/delivery/stages/delivery_hours.h"
#include "collector/rules/severity.h"

namespace steward::collector {

// `digest` is the route's ("" is none). Catalogue, "Escalation": what is critical leaves at once, whatever route and
// channel want; by severity, what is high leaves at once in working hours and at any hour if it is a server's, what is
// medium in the morning, what is low when the week begins.
inline absl::Time DueTime(std::string_view digest, Severity severity, bool is_server, absl::Time written, const DayHours& quiet,
                          const DeliveryHours& hours) {
  if (severity == Severity::kCritical) return written;
  if (digest == "morning") return hours.MorningAfter(written);
  if (digest == "weekly") return hours.WeekAfter(written);
  if (digest == "by-severity" && severity == Severity::kMedium) return hours.MorningAfter(written);
  if (digest == "by-severity" && severity <= Severity::kLow) return hours.WeekAfter(written);
  const absl::Time from = digest == "by-severity" && !is_server ? hours.WorkFrom(written) : written;
  return hours.EndOf(quiet, from);
}

}  // namespace steward::collector
