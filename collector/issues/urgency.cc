#include "collector/issues/urgency.h"

#include <algorithm>

namespace steward::collector {
namespace {

// The catalogue's groups storage, backup and security, as far as their types can be high on a server.
constexpr std::string_view kNightTypes[] = {
    "antivirus-unhealthy", "audit-log-cleared", "backup-failed",     "backup-stale",     "disk-errors-growing",
    "disk-fill-forecast",  "disk-smart-failing", "disk-space-low",   "disk-too-hot",     "disk-wear-high",
    "failed-logins",       "filesystem-faulty",  "firewall-off",     "inodes-low",       "malware-found",
    "new-local-admin",     "raid-degraded",
};

// The begin of the working time that follows; `time` itself within it.
absl::Time WorkFrom(absl::Time time, const Calendar& calendar) {
  const absl::Duration moment = absl::Seconds(1);
  return calendar.Add(time, moment) - moment;
}

}  // namespace

bool IsToldAtAnyHour(const v1::Issue& issue) {
  const Severity severity = ParseSeverity(issue.severity());
  if (severity != Severity::kHigh) return severity == Severity::kCritical;
  return issue.class_() == "server" &&
         std::find(std::begin(kNightTypes), std::end(kNightTypes), issue.type()) != std::end(kNightTypes);
}

absl::Time RemindAt(const v1::Issue& issue, absl::Time told, const Terms& terms) {
  const absl::Time never = absl::InfiniteFuture();
  if (issue.state() != "open" || issue.has_paused_since() || !IsToldAtAnyHour(issue)) return never;
  const Severity severity = ParseSeverity(issue.severity());
  if (severity == Severity::kCritical) return told + kRepeatCritical;
  const absl::Time work = WorkFrom(told, terms.CalendarFor(severity));
  return work > told ? work : never;
}

}  // namespace steward::collector
