// Debian builds abseil with a string_view of its own, to which std::string_view does not convert.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace steward::wire {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace steward::wire
