// What can go wrong, each under a name. A fault strikes, and ends by itself some time later.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace steward::simulation {

class Simulation;
class SimMachine;

struct Fault {
  std::string_view name;
  std::string_view what;
  void (*strike)(Simulation& simulation, SimMachine& machine);
};

absl::Span<const Fault> AllFaults();

// "all", "none", or names with commas between them. InvalidArgument lists what there is.
absl::StatusOr<std::vector<const Fault*>> ParseFaults(std::string_view text);

}  // namespace steward::simulation
