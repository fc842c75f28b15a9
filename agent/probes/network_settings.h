// What the machine's network is set to: gateway and name servers.
#pragma once

#include <string>
#include <vector>

#include "agent/platform/platform.h"

namespace steward::agent {

// The IPv4 address of the default route's gateway. Empty: there is none, or the routes cannot be read.
std::string DefaultGateway(Platform& platform);

// In the order of /etc/resolv.conf; systemd-resolved's stub stands for the servers that it uses itself. Empty: none is set, or the
// files cannot be read.
std::vector<std::string> NameServers(Platform& platform);

}  // namespace steward::agent
