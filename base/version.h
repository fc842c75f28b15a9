// The version of this build, as CMakeLists.txt states it.
#pragma once

#include <string_view>

namespace steward {

std::string_view Version();  // "0.1.0"

}  // namespace steward
