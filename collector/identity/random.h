// Randomness as a parameter.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace steward::collector {

// Gives that many bytes, fit for secrets. Thread-safe.
using RandomSource = std::function<std::string(std::size_t bytes)>;

// The operating system's, by OpenSSL. Ends the process if it gives none: nothing here is safe without it.
RandomSource SystemRandom();

// A lower-case UUID, version 4.
std::string RandomUuid(const RandomSource& random);

// Whether the text is a lower-case UUID: the form of every machine id.
bool IsUuid(std::string_view text);

}  // namespace steward::collector
