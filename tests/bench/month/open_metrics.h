// Writes what the machines sampled as OpenMetrics text with times, two hours a file, for promtool.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "tests/bench/month/office.h"

namespace steward::bench {

class OpenMetricsWriter {
 public:
  explicit OpenMetricsWriter(std::string folder) : folder_(std::move(folder)) {}

  // Only node_exporter's own: the steward_ and smartctl_ series have no rules there.
  void Write(const OfficeMachine& machine, const collector::Observation& observation);
  void WriteUp(const OfficeMachine& machine, bool up, absl::Time now);
  // Ends the file when its two hours are over.
  void EndOfStep(absl::Time now);

 private:
  std::string folder_;
  std::map<std::string, std::string> families_;  // text by metric: a file has them one after another
  int files_ = 0;
};

}  // namespace steward::bench
