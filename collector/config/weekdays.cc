#include "collector/config/weekdays.h"

#include <algorithm>

#include "base/text.h"

namespace steward::collector {

std::optional<std::size_t> ParseWeekday(std::string_view word) {
  const auto found = std::find(kWeekdays.begin(), kWeekdays.end(), word);
  if (found == kWeekdays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kWeekdays.begin());
}

std::optional<std::array<bool, 7>> ReadWeekdays(TableReader& reader, std::string_view key) {
  const auto words = reader.Strings(key);
  if (!words) return std::nullopt;
  std::array<bool, 7> days = {};
  for (const std::string& word : *words) {
    const auto day = ParseWeekday(word);
    if (!day) {
      reader.Error(key, StrCat("\"", word.substr(0, 20), "\" is not a day; write some of mon, tue, wed, thu, fri, sat, sun"));
      return std::nullopt;
    }
    days[*day] = true;
  }
  if (!words->empty()) return days;
  reader.Error(key, StrCat(key, " has no day; write ", key, " = [\"mon\", ...]"));
  return std::nullopt;
}

}  // namespace steward::collector
