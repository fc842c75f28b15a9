// Logs go to stderr, as text for people or as JSON lines for programs. gRPC's own lines become ours, at level debug.
#pragma once

#include <string>

namespace steward::agent {

// `level`: debug, info, warning, error. Before gRPC is used.
void SetUpLog(bool json, const std::string& level);

}  // namespace steward::agent
