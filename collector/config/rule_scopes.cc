#include "collector/config/rule_scopes.h"

#include <fnmatch.h>

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "base/text.h"

namespace steward::collector {
namespace {

bool Fits(const RuleScopeConfig& scope, const Config& config, const RuleTarget& target) {
  if (!scope.site.empty() && scope.site != target.site) return false;
  if (!scope.machine_class.empty() && scope.machine_class != target.machine_class) return false;
  if (!scope.machine.empty() && !IsMachine(scope.machine, target)) return false;
  if (scope.group.empty()) return true;
  return std::any_of(config.policy.groups.begin(), config.policy.groups.end(), [&](const GroupConfig& group) {
    return group.name == scope.group && IsInGroup(group, target);
  });
}

int Narrowness(const RuleScopeConfig& scope) {
  return (scope.subject.empty() ? 0 : 16) + (scope.machine.empty() ? 0 : 8) + (scope.group.empty() ? 0 : 4) +
         (scope.machine_class.empty() ? 0 : 2) + (scope.site.empty() ? 0 : 1);
}

bool MatchesPattern(const std::string& pattern, std::string_view text, int flags) {
  return fnmatch(pattern.c_str(), std::string(text).c_str(), flags | FNM_NOESCAPE) == 0;
}

}  // namespace

bool IsMachine(std::string_view named, const RuleTarget& target) {
  return named == target.machine_id || absl::EqualsIgnoreCase(ToAbsl(named), ToAbsl(target.host_name));
}

bool IsInGroup(const GroupConfig& group, const RuleTarget& target) {
  return std::any_of(group.machines.begin(), group.machines.end(), [&](const std::string& member) {
    return IsMachine(member, target) || MatchesPattern(member, target.host_name, FNM_CASEFOLD);
  });
}

void Lay(const RuleConfig& over, RuleConfig& base) {
  if (over.enabled) base.enabled = over.enabled;
  if (over.raise) base.raise = over.raise;
  if (over.clear) base.clear = over.clear;
  if (!over.severity.empty()) base.severity = over.severity;
  for (const auto& [name, level] : over.levels) base.levels[name] = level;
  base.subjects.insert(base.subjects.end(), over.subjects.begin(), over.subjects.end());
}

RuleConfig RuleFor(const Config& config, std::string_view rule_id, const RuleTarget& target) {
  const std::string id(rule_id);
  RuleConfig result;
  if (const auto found = config.rules.find(id); found != config.rules.end()) result = found->second;
  std::vector<const RuleScopeConfig*> fitting;
  for (const RuleScopeConfig& scope : config.rules_for) {
    if (scope.rules.contains(id) && Fits(scope, config, target)) fitting.push_back(&scope);
  }
  std::stable_sort(fitting.begin(), fitting.end(), [](const RuleScopeConfig* a, const RuleScopeConfig* b) { return Narrowness(*a) < Narrowness(*b); });
  for (const RuleScopeConfig* scope : fitting) {
    const RuleConfig& rule = scope->rules.at(id);
    if (scope->subject.empty()) Lay(rule, result);
    else result.subjects.push_back({scope->subject, rule});
  }
  return result;
}

RuleConfig RuleForSubject(const RuleConfig& rule, const std::string& subject) {
  RuleConfig result = rule;
  result.subjects.clear();
  for (const SubjectRuleConfig& one : rule.subjects) {
    if (one.subject == subject || MatchesPattern(one.subject, subject, 0)) Lay(one.rule, result);
  }
  return result;
}

}  // namespace steward::collector
