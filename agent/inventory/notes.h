// What probes have to say in words, as groups of the inventory.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "agent/inventory/inventory.h"
#include "agent/probes/note_board.h"

namespace steward::agent {

// `kept`, if given, says what a group held before: for those of which nothing has been said since the agent's start.
void AddNotes(const NoteBoard& board, const std::function<InventoryGroup(std::string_view group)>& kept, std::vector<InventoryGroup>& groups);

}  // namespace steward::agent
