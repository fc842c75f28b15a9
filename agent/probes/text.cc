#include "agent/probes/text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>

#include "base/text.h"

namespace steward::agent {
namespace {

constexpr std::size_t kQuotedBytesMax = 80;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text, int base) {
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  if (stop != end || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    return text.front() == '-' ? std::numeric_limits<Number>::min() : std::numeric_limits<Number>::max();
  }
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

bool NextLine(std::string_view& rest, std::string_view& line) { return NextPart(rest, '\n', line); }

bool NextPart(std::string_view& rest, char separator, std::string_view& part) {
  if (rest.empty()) return false;
  const std::size_t end = rest.find(separator);
  part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return true;
}

bool NextField(std::string_view& line, std::string_view& field) {
  std::size_t begin = 0;
  while (begin < line.size() && IsBlank(line[begin])) ++begin;
  std::size_t end = begin;
  while (end < line.size() && !IsBlank(line[end])) ++end;
  field = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return !field.empty();
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<std::uint64_t> ParseUnsigned(std::string_view text) { return ParseNumber<std::uint64_t>(text, 10); }

std::optional<std::int64_t> ParseInteger(std::string_view text) { return ParseNumber<std::int64_t>(text, 10); }

std::optional<std::uint64_t> ParseHex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return ParseNumber<std::uint64_t>(text, 16);
}

std::optional<std::int64_t> ParseFixed(std::string_view text, int decimals) {
  const std::size_t point = text.find('.');
  std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (point != std::string_view::npos && !ParseUnsigned(fraction).has_value()) return std::nullopt;
  const std::string_view whole_text = text.substr(0, point);
  const std::optional<std::int64_t> whole = ParseInteger(whole_text);
  if (!whole.has_value()) return std::nullopt;
  const std::int64_t sign = whole_text.starts_with('-') ? -1 : 1;
  std::int64_t value = *whole;
  for (int digit = 0; digit < decimals; ++digit) {
    std::int64_t next = 0;
    if (!fraction.empty()) {
      next = sign * (fraction.front() - '0');
      fraction.remove_prefix(1);
    }
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) || __builtin_add_overflow(value, next, &value)) {
      return sign > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
    }
  }
  return value;
}

std::optional<std::uint64_t> NextUnsigned(std::string_view& line) {
  std::string_view field;
  if (!NextField(line, field)) return std::nullopt;
  return ParseUnsigned(field);
}

std::optional<std::uint64_t> NextHex(std::string_view& line) {
  std::string_view field;
  if (!NextField(line, field)) return std::nullopt;
  return ParseHex(field);
}

absl::Status Malformed(std::string_view source, std::string_view line) {
  std::string quoted(line.substr(0, kQuotedBytesMax));
  std::replace_if(
      quoted.begin(), quoted.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return absl::DataLossError(StrCat(source, ": not understood: \"", quoted, "\""));
}

}  // namespace steward::agent
