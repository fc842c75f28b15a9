// apt's configuration files, as apt.conf(5) describes them.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace steward::agent {

class Platform;

// By the whole name in lower case: "apt::periodic::enable". What was set last is there.
using AptSettings = std::map<std::string, std::string>;

// Adds what `text` sets. Lists and directives (#clear) are passed over; what is no configuration sets nothing.
void ParseAptConfig(std::string_view text, AptSettings& settings);
// All files of /etc/apt, in apt's order.
AptSettings ReadAptConfig(Platform& platform);

}  // namespace steward::agent
