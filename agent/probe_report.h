// What one reading of all probes and the inventory gave, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "agent/inventory/inventory.h"
#include "agent/platform/platform.h"
#include "agent/probe.h"

namespace steward::agent {

// Text is valid UTF-8, as it would travel.
struct ReportedSample {
  std::string probe;
  std::string metric;
  std::vector<std::pair<std::string, std::string>> labels;
  std::string value;  // the shortest text that reads back to the same number
  MetricType type = MetricType::kGauge;
};

struct ReportedProblem {
  std::string source;  // the probe, or "inventory/<group>"
  std::string text;
};

struct ProbeReport {
  std::vector<ReportedSample> samples;
  std::vector<InventoryGroup> inventory;
  std::vector<ReportedProblem> notes;   // what this machine does not have or does not let us read
  std::vector<ReportedProblem> errors;  // sources that are there and could not be understood
};

// Reads `probes` once, and the inventory if asked.
ProbeReport MakeProbeReport(absl::Span<const std::unique_ptr<Probe>> probes,
                            std::vector<std::unique_ptr<InventorySource>>& inventory);

std::string ReportText(const ProbeReport& report);
// {"samples":[{"probe","metric","labels":{},"value","type"}],"facts":[{"group","key","value"}],
//  "notes":[{"source","text"}],"errors":[{"source","text"}]}, one entry a line.
std::string ReportJson(const ProbeReport& report);

}  // namespace steward::agent
