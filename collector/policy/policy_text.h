// Policy documents as text: the part of collector.toml that is one, and what differs between two. Pure.
#pragma once

#include <string>
#include <string_view>

namespace steward::collector {

// The tables of collector.toml that people decide, as they stand there, comments above them included; written anew, without
// comments, where that cannot be cut out. Empty: there are none, or the text is not TOML.
std::string PolicyPartOf(std::string_view config_text);

// "-old line", "+new line", in order, each change with up to two lines around it and "@ line N" before it. Empty: the same.
std::string LineDifference(std::string_view before, std::string_view after);

}  // namespace steward::collector
