// From the text of a policy to what it says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/config/config.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

struct Policy {
  Config config;                          // its policy part
  std::vector<RuleDefinition> own_rules;  // [[rule]]
};

// InvalidArgument: each mistake on a line of its own. Routes are checked if `channels` is not null.
absl::StatusOr<Policy> ReadPolicy(std::string_view text, std::string_view name, const std::vector<ChannelConfig>* channels);

// What can be applied, and may be meant otherwise: gaps and overlaps of responsibility, one a line.
std::vector<std::string> PolicyWarnings(const Policy& policy);

}  // namespace steward::collector
