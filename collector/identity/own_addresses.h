// Under which addresses other machines can reach this one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "collector/config/config.h"

namespace steward::collector {

// Addresses of this machine's interfaces (no loopback, link-local or container bridges), IPv4 first, then its host name.
std::vector<std::string> OwnAddresses();

// What an enrolment token names when nobody says otherwise: the listener's own address, or, if it listens on all,
// `own()`; each with the port. Loopback stays loopback.
std::vector<std::string> DefaultAgentAddresses(const HostPort& listener, const std::function<std::vector<std::string>()>& own);

}  // namespace steward::collector
