// Rules about dates that people enter ([[register]]), one function a rule, in the file of its name.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "collector/config/register_entry.h"
#include "collector/rules/rule.h"

namespace steward::collector {

// In force together; shared by the rules.
using Register = std::shared_ptr<const std::vector<RegisterEntry>>;

bool IsOf(const RegisterEntry& entry, const MachineRecord& machine);
// Of this kind, the one with the latest date; null: there is none.
const RegisterEntry* NewestOf(const Register& entries, std::string_view kind, const MachineRecord& machine);

// warranty-ending, domain-expiring, licence-expiring: the date comes near, or is over.
std::vector<std::unique_ptr<Rule>> MakeDateRules(const Register& entries);
std::unique_ptr<Rule> MakeHardwareEndOfLife(Register entries);
std::unique_ptr<Rule> MakeRestoreTestOverdue(Register entries);

// Until that day begins; negative afterwards.
double DaysTo(absl::CivilDay day, absl::Time now);
// "on 2027-03-01, in 90 days", "on 2026-01-01, 60 days ago".
std::string DayText(absl::CivilDay day, double days_left);

}  // namespace steward::collector
