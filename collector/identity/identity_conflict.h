// Two machines that claim one identity, as ingest has seen them.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace steward::collector {

struct IdentityClaim {
  std::string address;  // without port
  std::string host_name;
  std::string hardware_fingerprint;  // may be empty, and may be the same: copies of a virtual machine
};

struct IdentityConflict {
  absl::Time time;       // the collector's
  IdentityClaim first;   // who had the identity last
  IdentityClaim second;  // who wanted it then
};

}  // namespace steward::collector
