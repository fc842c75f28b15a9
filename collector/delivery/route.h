// Which channels hear of an issue.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/config/config.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// Takes copies of what it needs. `reach` is the worst severity of the issue's present episode, so that those who heard of
// its beginning hear of its end. Without any route every channel hears of every issue; each channel at most once.
std::function<std::vector<std::string>(const v1::Issue& issue, Severity reach)> MakeRouter(const Config& config);

}  // namespace steward::collector
