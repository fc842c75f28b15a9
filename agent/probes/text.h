// Reading the kernel's text: views into it, no copies, no locale. Nothing here allocates but the error messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"

namespace steward::agent {

// Takes the next line (without its end) off `rest`; false when nothing is left.
bool NextLine(std::string_view& rest, std::string_view& line);
// Takes the next field, separated by blanks or tabs, off `line`; false when none is left.
bool NextField(std::string_view& line, std::string_view& field);
// Takes what is before `separator` (or all) off `rest`; false when nothing is left.
bool NextPart(std::string_view& rest, char separator, std::string_view& part);
// Without blanks, tabs and line ends at both ends.
std::string_view Trimmed(std::string_view text);

// Whole decimal numbers, nothing else in the text. What is beyond the type becomes its largest (smallest) value.
std::optional<std::uint64_t> ParseUnsigned(std::string_view text);
std::optional<std::int64_t> ParseInteger(std::string_view text);
// With or without "0x" before it.
std::optional<std::uint64_t> ParseHex(std::string_view text);
// "12.34" with two decimals is 1234; more digits than that are cut.
std::optional<std::int64_t> ParseFixed(std::string_view text, int decimals);

// The next field as a number; nullopt if it is missing or none.
std::optional<std::uint64_t> NextUnsigned(std::string_view& line);
std::optional<std::uint64_t> NextHex(std::string_view& line);

// DataLoss: "/proc/stat: not understood: "cpu0 12 xy"" (the start of the line, other than plain text shown as '?').
absl::Status Malformed(std::string_view source, std::string_view line);

}  // namespace steward::agent
