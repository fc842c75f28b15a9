// The small print of Prometheus' text exposition format, version 0.0.4.
#pragma once

#include <string>
#include <string_view>

namespace steward::collector {

// Appends `name="value"` with backslash, quote and line feed escaped.
void AppendLabel(std::string_view name, std::string_view value, std::string& out);

// Appends the HELP and TYPE lines of a family; no HELP line if `help` is empty. `type`: gauge, counter, untyped.
void AppendFamilyHeader(std::string_view name, std::string_view help, std::string_view type, std::string& out);

inline constexpr std::size_t kNumberBytesMax = 32;

// Writes the shortest text that reads back as the same value, whole numbers without exponent as long as they are exact;
// NaN, +Inf and -Inf as Prometheus spells them. Needs kNumberBytesMax bytes at `to`, returns the end.
char* WriteNumber(double value, char* to);
void AppendNumber(double value, std::string& out);

}  // namespace steward::collector
