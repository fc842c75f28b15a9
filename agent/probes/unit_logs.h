// The last words of services that have failed, for their issues.
#pragma once

#include <string_view>
#include <vector>

#include "agent/probes/note_board.h"

namespace steward::agent {

// Of the inventory: key the service, "first line / second line".
inline constexpr char kFailureGroup[] = "failure";

// `text` as Tool::kUnitLogs gives it. Lines that are not understood are left out.
std::vector<Note> ParseUnitLogs(std::string_view text);

}  // namespace steward::agent
