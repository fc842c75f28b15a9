// What the machine itself tells of what is wrong with it, by a fact of its inventory: what a check said, the last lines of a log.
#pragma once

#include <cstddef>

namespace steward::collector {

// The detail of an issue's evidence that it stands in.
inline constexpr char kOwnWordsDetail[] = "the machine says";
inline constexpr std::size_t kOwnWordsMax = 1000;  // bytes; what is longer is cut

}  // namespace steward::collector
