#include "collector/config/config.h"

#include "base/text.h"

namespace steward::collector {
namespace {

void Lay(const RuleConfig& over, RuleConfig& base) {
  if (over.enabled) base.enabled = over.enabled;
  if (over.raise) base.raise = over.raise;
  if (over.clear) base.clear = over.clear;
  for (const auto& [name, level] : over.levels) base.levels[name] = level;
}

}  // namespace

bool HostPort::IsLoopback() const { return host == "localhost" || host == "::1" || host.starts_with("127."); }

bool HostPort::IsWildcard() const { return host == "0.0.0.0" || host == "::"; }

std::string HostPort::ToString() const {
  return host.find(':') != std::string::npos ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
}

RuleConfig Config::RuleFor(std::string_view rule_id, std::string_view site, std::string_view machine_class) const {
  RuleConfig result;
  if (const auto found = rules.find(std::string(rule_id)); found != rules.end()) result = found->second;
  for (const RuleScopeConfig& scope : rules_for) {
    if (!scope.site.empty() && scope.site != site) continue;
    if (!scope.machine_class.empty() && scope.machine_class != machine_class) continue;
    if (const auto found = scope.rules.find(std::string(rule_id)); found != scope.rules.end()) Lay(found->second, result);
  }
  return result;
}

int SeverityRank(std::string_view severity) {
  if (severity == "low") return 0;
  if (severity == "medium") return 1;
  if (severity == "high") return 2;
  if (severity == "critical") return 3;
  return -1;
}

}  // namespace steward::collector
