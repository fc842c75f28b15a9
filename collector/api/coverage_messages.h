// The coverage record as the management API shows it.
#pragma once

#include "collector/coverage/account.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

v1::CoverageDay CoverageDayMessage(const CoverageDay& day);

}  // namespace steward::collector
