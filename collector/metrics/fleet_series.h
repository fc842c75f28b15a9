// What the collector says about machines and issues: steward_machine_*, steward_coverage_ratio, steward_issue*.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "collector/latest/latest.h"
#include "collector/storage/records.h"

namespace steward::collector {

// The observed share of a machine's last 24 hours; none: there is nothing to be said of them. Any thread.
using CoverageRatio = std::function<std::optional<double>(const MachineRecord& machine)>;

// steward_coverage_ratio of each machine of which there is one.
void AppendCoverage(absl::Span<const MachineStatus> machines, const CoverageRatio& ratio, std::string& out);

// steward_machine_up, _info and _last_seen_timestamp_seconds of each machine.
void AppendMachineStates(absl::Span<const MachineStatus> machines, std::string& out);

// steward_issues, counted by site, severity, state and party, and of each issue steward_issue_info and
// steward_issue_opened_timestamp_seconds. Pending ones are nobody's business yet and are left out. A site with machines
// shows zeros for what is not there, so that a rule over the count sees 0 and not an absence.
void AppendIssues(absl::Span<const IssueRecord> issues, absl::Span<const MachineStatus> machines, std::string& out);

}  // namespace steward::collector
