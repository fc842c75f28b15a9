// The words that several tables of the configuration take.
#pragma once

#include <string>
#include <vector>

namespace steward::collector {

inline const std::vector<std::string> kClasses = {"server", "desktop", "laptop"};
inline const std::vector<std::string> kSeverities = {"low", "medium", "high", "critical"};
inline const std::vector<std::string> kParties = {"it-manager", "partner"};

}  // namespace steward::collector
