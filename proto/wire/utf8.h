// UTF-8 as it may travel and be stored.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace steward::wire {

// How many bytes the character at the start of `text` takes; 0 if it does not start with a valid one (RFC 3629: no
// overlong forms, no surrogates, at most U+10FFFF).
std::size_t Utf8CharacterSize(std::string_view text);

bool IsUtf8(std::string_view text);

// Valid UTF-8: each byte that is not part of a character becomes "\xHH"; cut at a character to at most `bytes_max`.
std::string EscapedUtf8(std::string_view text, std::size_t bytes_max);

}  // namespace steward::wire
