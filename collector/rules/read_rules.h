// Reads threshold rules from TOML.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "collector/config/table_reader.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

// One [[rule]]. Mistakes are told at their line; a definition with mistakes is not appended.
void ReadRule(TableReader& reader, std::vector<RuleDefinition>& rules);

// A document of [[rule]] tables. InvalidArgument: each mistake on a line of its own, as in collector.toml.
absl::StatusOr<std::vector<RuleDefinition>> ParseRules(std::string_view text, std::string_view name);

}  // namespace steward::collector
