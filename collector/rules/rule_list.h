// Every rule of this collector.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "collector/config/load_config.h"
#include "collector/config/table_reader.h"
#include "collector/rules/os_support.h"
#include "collector/rules/rule.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

// The shipped ones, then those of `own`. `entries`: [[register]].
std::vector<std::unique_ptr<Rule>> MakeRules(std::vector<RuleDefinition> own = {}, OsSupport support = OsSupport::Shipped(),
                                             std::vector<RegisterEntry> entries = {});

// The shipped ones' ids and levels, for reading the configuration.
std::vector<KnownRule> KnownRules();

// A [[rule]] of the configuration, appended to `own`. Nothing: it has mistakes, told at their line; a type that is shipped
// or stands in `own` already is one.
std::optional<KnownRule> ReadOwnRule(TableReader& reader, std::vector<RuleDefinition>& own);

// One function a rule, in the file of its name.
std::unique_ptr<Rule> MakeSiteUnreachable();
std::unique_ptr<Rule> MakeCollectorUnhealthy();
std::unique_ptr<Rule> MakeMachineOffline();
std::unique_ptr<Rule> MakeAgentSilent();
std::unique_ptr<Rule> MakeMachineMissing();
std::unique_ptr<Rule> MakeIdentityConflict();
std::unique_ptr<Rule> MakeClockWrong();
std::unique_ptr<Rule> MakeDiskSpaceLow();
std::unique_ptr<Rule> MakeDiskFillForecast();
std::unique_ptr<Rule> MakeOsEndOfLife(OsSupport support);
std::vector<std::unique_ptr<Rule>> MakeHardwareShrunk();  // of disks and of processors
std::unique_ptr<Rule> MakeWorkstationUnderpowered();

}  // namespace steward::collector
