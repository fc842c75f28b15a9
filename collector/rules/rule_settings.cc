#include "collector/rules/rule_settings.h"

#include <cassert>
#include <string>

namespace steward::collector {

double RuleSettings::Level(std::string_view name) const {
  if (const auto set = config_.levels.find(std::string(name)); set != config_.levels.end()) return set->second;
  for (const Threshold& threshold : defaults_) {
    if (threshold.name == name) return threshold.value;
  }
  assert(false && "a rule asked for a level it does not declare");
  return 0;
}

}  // namespace steward::collector
