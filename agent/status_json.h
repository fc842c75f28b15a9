// What `steward-agent status` tells: made by the running agent as JSON, shown by the command in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/identity/identity_store.h"
#include "agent/sampler.h"
#include "agent/spool/spool.h"
#include "agent/uplink/uplink.h"

namespace steward::agent {

struct StatusReport {
  Identity identity;
  std::string host_name;
  std::string version;
  absl::Time start_time;
  absl::Time sample_time;
  absl::Duration interval;
  SpoolStatus spool;
  UplinkStatus uplink;
  std::vector<ProbeHealth> probes;
  std::uint64_t series = 0;
};

std::string FormatStatusJson(const StatusReport& report);
// InvalidArgument: not such JSON.
absl::StatusOr<std::string> StatusInWords(const std::string& json, absl::Time now);

}  // namespace steward::agent
