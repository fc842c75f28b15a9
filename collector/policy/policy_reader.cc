#include "collector/policy/policy_reader.h"

#include <utility>

#include "collector/policy/responsibility.h"
#include "collector/rules/rule_list.h"

namespace steward::collector {

absl::StatusOr<Policy> ReadPolicy(std::string_view text, std::string_view name, const std::vector<ChannelConfig>* channels) {
  Policy policy;
  ConfigVocabulary vocabulary;
  vocabulary.rules = KnownRules();
  vocabulary.read_rule = [&policy](TableReader& reader) { return ReadOwnRule(reader, policy.own_rules); };
  absl::StatusOr<Config> config = ParsePolicy(text, name, vocabulary, channels);
  if (!config.ok()) return config.status();
  policy.config = *std::move(config);
  return policy;
}

std::vector<std::string> PolicyWarnings(const Policy& policy) {
  std::vector<std::string> types;
  for (const KnownRule& rule : KnownRules()) types.push_back(rule.id);
  for (const RuleDefinition& rule : policy.own_rules) types.push_back(rule.type);
  return CheckResponsibility(policy.config.policy, types);
}

}  // namespace steward::collector
