#include "agent/inventory/notes.h"

namespace steward::agent {

void AddNotes(const NoteBoard& board, std::vector<InventoryGroup>& groups) {
  for (const auto& [name, notes] : board.groups()) {
    if (notes.empty()) continue;
    InventoryGroup& group = groups.emplace_back();
    group.group = name;
    for (const Note& note : notes) group.facts.push_back({note.key, note.text});
  }
}

}  // namespace steward::agent
