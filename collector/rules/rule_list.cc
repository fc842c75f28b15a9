#include "collector/rules/rule_list.h"

namespace steward::collector {

// Parents come before what they explain.
std::vector<std::unique_ptr<Rule>> MakeRules() {
  std::vector<std::unique_ptr<Rule>> rules;
  rules.push_back(MakeMachineOffline());
  rules.push_back(MakeAgentSilent());
  rules.push_back(MakeIdentityConflict());
  rules.push_back(MakeDiskSpaceLow());
  rules.push_back(MakeDiskFillForecast());
  return rules;
}

std::vector<KnownRule> KnownRules() {
  std::vector<KnownRule> known;
  for (const auto& rule : MakeRules()) {
    KnownRule entry;
    entry.id = std::string(rule->type());
    for (const Threshold& threshold : rule->thresholds()) entry.levels.emplace_back(threshold.name);
    known.push_back(std::move(entry));
  }
  return known;
}

}  // namespace steward::collector
