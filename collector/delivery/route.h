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

// How the channel's route for this issue wants it collected: RouteConfig.digest. Of several the first that names the channel
// and matches the issue; one that matches but for the severity, if it has fallen since.
std::string DigestFor(const std::vector<RouteConfig>& routes, const std::string& channel, const v1::Issue& issue);

}  // namespace steward::collector
