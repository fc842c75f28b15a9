// The collector's first page: machines, when they were last seen, and what is open. Made on the server, without script.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/latest/latest.h"
#include "collector/storage/records.h"

namespace steward::collector {

struct OverviewParts {
  std::vector<MachineStatus> machines;
  std::vector<IssueRecord> issues;  // pending ones are not shown
  absl::Status trouble;             // of the collector itself; shown on top if not OK
  absl::Time now;
  std::string version;
  // The observed share of a machine's last 24 hours; none: nothing to be said of them. Without it the column is empty.
  std::function<std::optional<double>(const MachineRecord& machine)> coverage = {};
};

std::string OverviewPage(const OverviewParts& parts);

}  // namespace steward::collector
