// Logs go to stderr, as text for people or as JSON lines for programs.
#pragma once

#include "collector/config/config.h"

namespace steward::collector {

void SetUpLog(const LogConfig& config);

}  // namespace steward::collector
