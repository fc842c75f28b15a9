// Prometheus' text format (version 0.0.4), as scripts write it to *.prom files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "agent/probe.h"

namespace steward::agent {

struct ExposedSample {
  std::string_view metric;
  std::string_view help;  // as written; empty: none
  MetricType type = MetricType::kUntyped;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name, unique
  double value = 0;
};

// What to do with a time behind a sample's value: a file's is of the moment at which it is read, so there it is a mistake.
enum class ExposedTimes : std::uint8_t { kRefused, kIgnored };

// Calls `take` for each sample, in order; views hold within the call. Of a histogram and a summary the series that they
// consist of. InvalidArgument: "name:line: what is wrong, what to write instead"; what came before was taken already.
absl::Status ParseExposition(std::string_view name, std::string_view text, absl::FunctionRef<void(const ExposedSample&)> take,
                             ExposedTimes times = ExposedTimes::kRefused);

// Labels that are the collector's to give (instance, machine, site, class) travel as exported_instance and so on; sorted.
void RenameReservedLabels(std::vector<std::pair<std::string, std::string>>& labels);

}  // namespace steward::agent
