#include "base/duration.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace steward {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 6> kUnits = {{{"w", 604'800'000},
                                         {"d", 86'400'000},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1'000},
                                         {"ms", 1}}};
constexpr std::int64_t kMillisecondsMax = std::int64_t{100} * 365 * 86'400'000;

absl::Status NotADuration(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      StrCat("\"", text, "\" ", why, "; write a number and a unit (ms, s, m, h, d, w), such as \"30s\" or \"1h30m\""));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  if (text.empty()) return NotADuration(text, "is empty");
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc::result_out_of_range) return NotADuration(text, "is too long");
    if (error != std::errc() || number < 0) return NotADuration(text, "is not a duration");
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view name = rest.substr(0, std::min(rest.find_first_of("0123456789"), rest.size()));
    if (name.empty()) return NotADuration(text, "has no unit");
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == name) unit = &candidate;
    }
    if (unit == nullptr) return NotADuration(text, StrCat("has an unknown unit \"", name, "\""));
    if (number > kMillisecondsMax / unit->milliseconds) return NotADuration(text, "is too long");
    total += number * unit->milliseconds;
    if (total > kMillisecondsMax) return NotADuration(text, "is too long");
    rest.remove_prefix(name.size());
  }
  return absl::Milliseconds(total);
}

std::string DurationText(absl::Duration duration) {
  std::int64_t left = absl::ToInt64Milliseconds(duration);
  if (left <= 0) return "0s";
  std::string out;
  for (const Unit& unit : kUnits) {
    if (left / unit.milliseconds == 0) continue;
    StrAppend(&out, left / unit.milliseconds, unit.name);
    left %= unit.milliseconds;
  }
  return out;
}

}  // namespace steward
