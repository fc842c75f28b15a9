#include "collector/rules/catalogue.h"

#include <iterator>
#include <utility>

#include "base/text.h"
#include "collector/rules/read_rules.h"
#include "spdlog/spdlog.h"

namespace steward::collector {

std::vector<RuleDefinition> CatalogueRules() {
  std::vector<RuleDefinition> all;
  for (const CatalogueFile& file : CatalogueFiles()) {
    absl::StatusOr<std::vector<RuleDefinition>> rules = ParseRules(file.text, StrCat("catalogue/", file.name));
    if (!rules.ok()) {
      spdlog::critical("{}", std::string(rules.status().message()));
      std::abort();
    }
    for (RuleDefinition& rule : *rules) rule.own = rule.type == "custom";  // what it reads are the company's own programs
    std::move(rules->begin(), rules->end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace steward::collector
