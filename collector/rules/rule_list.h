// Every rule of this collector.
#pragma once

#include <memory>
#include <vector>

#include "collector/config/load_config.h"
#include "collector/rules/rule.h"

namespace steward::collector {

std::vector<std::unique_ptr<Rule>> MakeRules();

// Their ids and levels, for reading the configuration.
std::vector<KnownRule> KnownRules();

// One function a rule, in the file of its name.
std::unique_ptr<Rule> MakeMachineOffline();
std::unique_ptr<Rule> MakeAgentSilent();
std::unique_ptr<Rule> MakeIdentityConflict();
std::unique_ptr<Rule> MakeDiskSpaceLow();
std::unique_ptr<Rule> MakeDiskFillForecast();

}  // namespace steward::collector
