// SHA-256 of bytes: 32 bytes.
#pragma once

#include <string>
#include <string_view>

namespace steward::wire {

std::string Sha256(std::string_view bytes);

}  // namespace steward::wire
