#include "collector/policy/agent_policy.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace steward::collector {
namespace {

// Counts changes of a policy while agents are connected; a configuration is read once, at the start.
constexpr std::uint64_t kFirstRevision = 1;

bool LooksAt(const MachineRecord& machine, const EndpointConfig& endpoint) {
  return std::any_of(endpoint.from.begin(), endpoint.from.end(), [&](const std::string& from) {
    return from == StrCat("class:", machine.machine_class) || from == StrCat("machine:", machine.id) ||
           from == StrCat("machine:", machine.instance) || from == StrCat("machine:", machine.host_name);
  });
}

}  // namespace

absl::Duration IntervalFor(const AgentsConfig& agents, const std::string& machine_class) {
  const auto found = agents.by_class.find(machine_class);
  return found == agents.by_class.end() ? agents.interval : found->second.interval.value_or(agents.interval);
}

v1::Policy PolicyFor(const AgentsConfig& agents, const MachineRecord& machine) {
  v1::Policy policy;
  policy.set_revision(kFirstRevision);
  const absl::Duration interval = IntervalFor(agents, machine.machine_class);
  policy.mutable_interval()->set_seconds(absl::ToInt64Seconds(interval));
  policy.mutable_interval()->set_nanos(
      static_cast<std::int32_t>(absl::ToInt64Nanoseconds(interval - absl::Seconds(policy.interval().seconds()))));
  const auto found = agents.by_class.find(machine.machine_class);
  const std::vector<std::string>& disabled = found == agents.by_class.end()
                                                 ? agents.disabled_probes
                                                 : found->second.disabled_probes.value_or(agents.disabled_probes);
  policy.mutable_disabled_probes()->Add(disabled.begin(), disabled.end());
  for (const EndpointConfig& endpoint : agents.endpoints) {
    if (!LooksAt(machine, endpoint)) continue;
    v1::Endpoint& told = *policy.add_endpoints();
    told.set_name(endpoint.name);
    told.set_url(endpoint.url);
    told.set_purpose(endpoint.vital ? "vital" : endpoint.purpose);
    told.set_contains(endpoint.contains);
  }
  return policy;
}

}  // namespace steward::collector
