// Days of the week as people write them: "mon" to "sun".
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "collector/config/table_reader.h"

namespace steward::collector {

inline constexpr std::array<std::string_view, 7> kWeekdays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

// Monday is 0. None for another word.
std::optional<std::size_t> ParseWeekday(std::string_view word);

// A list of them. None: the key is absent or wrong, which is noted.
std::optional<std::array<bool, 7>> ReadWeekdays(TableReader& reader, std::string_view key);

}  // namespace steward::collector
