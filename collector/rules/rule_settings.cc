#include "collector/rules/rule_settings.h"

#include <cassert>
#include <string>

#include "collector/config/rule_scopes.h"

namespace steward::collector {

double RuleSettings::Level(std::string_view name) const {
  if (const auto set = config_.levels.find(std::string(name)); set != config_.levels.end()) return set->second;
  for (const Threshold& threshold : defaults_) {
    if (threshold.name == name) return threshold.value;
  }
  assert(false && "a rule asked for a level it does not declare");
  return 0;
}

const RuleSettings& RuleSettings::For(std::string_view subject) const {
  if (config_.subjects.empty()) return *this;
  if (const auto found = by_subject_.find(subject); found != by_subject_.end()) return found->second;
  if (by_subject_.size() >= kSubjectsKept) by_subject_.clear();
  const std::string key(subject);
  return by_subject_.emplace(key, RuleSettings(defaults_, RuleForSubject(config_, key))).first->second;
}

}  // namespace steward::collector
