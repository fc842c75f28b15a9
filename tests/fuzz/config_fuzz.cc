// Any bytes as collector.toml, with rules of the company's own: a Config or a message, never a crash; and a rule that is
// understood can be judged on nothing.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/config/load_config.h"
#include "collector/rules/rule_list.h"

namespace {

class NoData final : public steward::collector::ExpressionScope {
 public:
  steward::collector::Values Read(std::size_t, steward::collector::Reading) const override { return {}; }
  double Level(std::size_t) const override { return 1; }
  steward::collector::Values Value() const override { return {}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steward::collector;
  std::vector<RuleDefinition> own;
  const ConfigVocabulary words{{{"disk-space-low", {"warn_percent"}}},
                               {"webhook", "email", "alertmanager", "slack", "mattermost", "teams", "ntfy"}, {},
                               [&own](TableReader& reader) { return ReadOwnRule(reader, own); }};
  const auto config = ParseConfig(std::string_view(reinterpret_cast<const char*>(data), size), "fuzz.toml", words);
  if (!config.ok() && config.status().message().empty()) __builtin_trap();
  for (const RuleDefinition& rule : own) {
    rule.value.Evaluate(NoData());
    for (const LevelDefinition& level : rule.levels) level.when.Evaluate(NoData());
  }
  return 0;
}
