// A rule that is data: judges each subject by the definition's expressions.
#pragma once

#include <memory>

#include "collector/rules/rule.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

std::unique_ptr<Rule> MakeThresholdRule(RuleDefinition definition);

}  // namespace steward::collector
