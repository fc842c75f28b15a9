// The responsibility matrix: whose move an issue is when it opens. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/config/policy_config.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// By the narrowest row of the matrix that fits the issue; `otherwise` if none does.
std::string ResponsibleParty(const std::vector<ResponsibilityConfig>& rows, const v1::Issue& issue, std::string_view otherwise);

// Gaps (a matrix that leaves types to their rules) and overlaps (rows that are equally narrow and name different parties), one
// a line. A policy without a matrix has neither.
std::vector<std::string> CheckResponsibility(const PolicyConfig& policy, const std::vector<std::string>& types);

}  // namespace steward::collector
