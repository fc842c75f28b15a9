// `steward-agent probe`: shows what the agent reads on this machine or on a recorded one.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "agent/probe_settings.h"

namespace steward::agent {

struct ProbeOptions {
  std::vector<std::string> names;  // probes, or "inventory"; empty: all
  std::string root;                // a recorded machine; empty: this one
  std::string record;              // where to write a recording of what was read; empty: nowhere
  bool json = false;
  ProbeSettings settings{};
};

// The exit code: 0 reported, 1 the recording cannot be written or the recorded machine not be opened, 2 an unknown
// name. The report goes to `out`, what went wrong with the command itself to `err`.
int RunProbeCommand(const ProbeOptions& options, std::ostream& out, std::ostream& err);

}  // namespace steward::agent
