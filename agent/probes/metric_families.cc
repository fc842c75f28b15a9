#include "agent/probes/metric_families.h"

#include <utility>

namespace steward::agent {

std::string MetricName(std::string_view text) {
  std::string name(text.substr(0, kFamilyNameBytesMax));
  for (char& c : name) {
    const bool valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!valid) c = '_';
  }
  return name;
}

const Metric* MetricFamilies::Get(std::string_view key, const std::function<Definition(std::string_view key)>& define) {
  const auto found = families_.find(key);
  if (found != families_.end()) return &found->second->metric;
  if (families_.size() >= kFamiliesMax) return nullptr;
  auto made = std::make_unique<Family>();
  Definition& definition = made->definition;
  definition = define(key);
  definition.name = MetricName(definition.name);
  for (char& c : definition.help) {
    if (c < ' ' || c > '~') c = '?';
  }
  made->metric = {.name = definition.name,
                  .help = definition.help,
                  .type = definition.type,
                  .numerator = definition.numerator,
                  .denominator = definition.denominator,
                  .kind = definition.kind};
  return &families_.emplace(key, std::move(made)).first->second->metric;
}

}  // namespace steward::agent
