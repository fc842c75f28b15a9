// The operating system's name and version: /etc/os-release.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/probe.h"

namespace steward::agent {

// KEY=value lines with shell quotes, as os-release(5) has them. Lines that are none are left out.
std::map<std::string, std::string> ParseOsRelease(std::string_view text);

std::unique_ptr<Probe> MakeOsProbe(Platform& platform);

}  // namespace steward::agent
