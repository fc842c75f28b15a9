// Which settings of a rule hold where: the narrowest scope that says something of a setting wins.
#pragma once

#include <string>
#include <string_view>

#include "collector/config/config.h"

namespace steward::collector {

// The machine that a rule looks at.
struct RuleTarget {
  std::string_view machine_id, host_name, site, machine_class;
};

// What is set for the rule on this machine: [rules], then every [[rules_for]] that fits, the narrower one over the wider. From
// wide to narrow: site, class, group, machine, subject; one that names several is narrower than one that names the widest of
// them. Of two that are equally narrow the later one wins. Those of subjects stand in the result's `subjects`, in this order.
RuleConfig RuleFor(const Config& config, std::string_view rule_id, const RuleTarget& target);

// What is set for one subject of a machine: `rule` without its `subjects`, and those that fit laid over it.
RuleConfig RuleForSubject(const RuleConfig& rule, const std::string& subject);

// By id, or by host name in any letter case.
bool IsMachine(std::string_view named, const RuleTarget& target);
// As IsMachine; a member may be a pattern of host names, with * and ?.
bool IsInGroup(const GroupConfig& group, const RuleTarget& target);

// Lays what `over` sets over `base`.
void Lay(const RuleConfig& over, RuleConfig& base);

}  // namespace steward::collector
