#include "collector/policy/agent_policy.h"

#include <vector>

namespace steward::collector {
namespace {

// Counts changes of a policy while agents are connected; a configuration is read once, at the start.
constexpr std::uint64_t kFirstRevision = 1;

}  // namespace

absl::Duration IntervalFor(const AgentsConfig& agents, const std::string& machine_class) {
  const auto found = agents.by_class.find(machine_class);
  return found == agents.by_class.end() ? agents.interval : found->second.interval.value_or(agents.interval);
}

v1::Policy PolicyFor(const AgentsConfig& agents, const std::string& machine_class) {
  v1::Policy policy;
  policy.set_revision(kFirstRevision);
  const absl::Duration interval = IntervalFor(agents, machine_class);
  policy.mutable_interval()->set_seconds(absl::ToInt64Seconds(interval));
  policy.mutable_interval()->set_nanos(
      static_cast<std::int32_t>(absl::ToInt64Nanoseconds(interval - absl::Seconds(policy.interval().seconds()))));
  const auto found = agents.by_class.find(machine_class);
  const std::vector<std::string>& disabled = found == agents.by_class.end()
                                                 ? agents.disabled_probes
                                                 : found->second.disabled_probes.value_or(agents.disabled_probes);
  policy.mutable_disabled_probes()->Add(disabled.begin(), disabled.end());
  return policy;
}

}  // namespace steward::collector
