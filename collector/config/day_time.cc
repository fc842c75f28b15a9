#include "collector/config/day_time.h"

#include "absl/strings/ascii.h"

namespace steward::collector {
namespace {

int TwoDigits(std::string_view text) { return 10 * (text[0] - '0') + (text[1] - '0'); }

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

}  // namespace

std::optional<absl::Duration> ParseDayTime(std::string_view text) {
  const bool shaped = text.size() == 5 && text[2] == ':' && IsDigit(text[0]) && IsDigit(text[1]) && IsDigit(text[3]) && IsDigit(text[4]);
  if (!shaped) return std::nullopt;
  const int hours = TwoDigits(text);
  const int minutes = TwoDigits(text.substr(3));
  if (hours > 23 || minutes > 59) return std::nullopt;
  return absl::Hours(hours) + absl::Minutes(minutes);
}

std::optional<DayHours> ParseDayHours(std::string_view text) {
  constexpr std::size_t kLength = 11;
  if (text.size() != kLength || text[5] != '-') return std::nullopt;
  const std::optional<absl::Duration> from = ParseDayTime(text.substr(0, 5));
  const std::optional<absl::Duration> to = text.substr(6) == "24:00" ? absl::Hours(24) : ParseDayTime(text.substr(6));
  if (!from || !to || *from == *to) return std::nullopt;
  return DayHours{*from, *to};
}

}  // namespace steward::collector
