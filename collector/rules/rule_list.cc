#include "collector/rules/rule_list.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "collector/rules/catalogue.h"
#include "collector/rules/read_rules.h"
#include "collector/rules/register_rules.h"
#include "collector/rules/threshold_rule.h"

namespace steward::collector {

// Parents come before what they explain.
std::vector<std::unique_ptr<Rule>> MakeRules(std::vector<RuleDefinition> own, OsSupport support, std::vector<RegisterEntry> entries) {
  std::vector<std::unique_ptr<Rule>> rules;
  rules.push_back(MakeSiteUnreachable());
  rules.push_back(MakeCollectorUnhealthy());
  rules.push_back(MakeMachineOffline());
  rules.push_back(MakeAgentSilent());
  rules.push_back(MakeMachineMissing());
  rules.push_back(MakeIdentityConflict());
  rules.push_back(MakeClockWrong());
  rules.push_back(MakeDiskSpaceLow());
  rules.push_back(MakeDiskFillForecast());
  rules.push_back(MakeOsEndOfLife(std::move(support)));
  for (auto& rule : MakeHardwareShrunk()) rules.push_back(std::move(rule));
  rules.push_back(MakeWorkstationUnderpowered());
  const auto dates = std::make_shared<const std::vector<RegisterEntry>>(std::move(entries));
  for (auto& rule : MakeDateRules(dates)) rules.push_back(std::move(rule));
  rules.push_back(MakeHardwareEndOfLife(dates));
  rules.push_back(MakeRestoreTestOverdue(dates));
  for (RuleDefinition& definition : CatalogueRules()) rules.push_back(MakeThresholdRule(std::move(definition)));
  for (RuleDefinition& definition : own) rules.push_back(MakeThresholdRule(std::move(definition)));
  return rules;
}

std::vector<KnownRule> KnownRules() {
  std::vector<KnownRule> known;
  for (const auto& rule : MakeRules()) {
    // Several rules may judge one type, each on what it reads.
    auto entry = std::find_if(known.begin(), known.end(), [&](const KnownRule& other) { return other.id == rule->type(); });
    if (entry == known.end()) entry = known.insert(known.end(), {std::string(rule->type()), {}});
    for (const Threshold& threshold : rule->thresholds()) {
      const std::string name(threshold.name);
      if (std::find(entry->levels.begin(), entry->levels.end(), name) == entry->levels.end()) entry->levels.push_back(name);
    }
  }
  return known;
}

std::optional<KnownRule> ReadOwnRule(TableReader& reader, std::vector<RuleDefinition>& own) {
  std::vector<RuleDefinition> read;
  ReadRule(reader, read);
  if (read.empty()) return std::nullopt;
  RuleDefinition& rule = read.front();
  const std::vector<KnownRule> shipped = KnownRules();
  if (std::any_of(shipped.begin(), shipped.end(), [&](const KnownRule& known) { return known.id == rule.type; })) {
    reader.Error("type", StrCat("Steward brings a rule of type \"", rule.type, "\"; change its levels with [rules.", rule.type,
                                "], or give this one another type"));
    return std::nullopt;
  }
  if (std::any_of(own.begin(), own.end(), [&](const RuleDefinition& other) { return other.type == rule.type; })) {
    reader.Error("type", StrCat("another [[rule]] has type \"", rule.type, "\"; each needs a type of its own"));
    return std::nullopt;
  }
  rule.own = true;
  KnownRule known{rule.type, {}};
  for (const auto& [name, value] : rule.thresholds) known.levels.push_back(name);
  own.push_back(std::move(rule));
  return known;
}

}  // namespace steward::collector
