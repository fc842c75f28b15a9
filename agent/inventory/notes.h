// What probes have to say in words, as groups of the inventory.
#pragma once

#include <vector>

#include "agent/inventory/inventory.h"
#include "agent/probes/note_board.h"

namespace steward::agent {

void AddNotes(const NoteBoard& board, std::vector<InventoryGroup>& groups);

}  // namespace steward::agent
