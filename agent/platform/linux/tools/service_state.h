// Whether a service runs, without asking or starting it.
#pragma once

#include <string_view>

#include "agent/platform/rooted_files.h"

namespace steward::agent {

bool IsSystemd(const RootedFiles& files);  // process 1 is
// By the control group that systemd keeps while a unit runs ("cups.service"); false without systemd.
bool IsRunning(const RootedFiles& files, std::string_view unit);

}  // namespace steward::agent
