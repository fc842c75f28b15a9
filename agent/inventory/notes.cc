#include "agent/inventory/notes.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "agent/probes/checks.h"
#include "agent/probes/kernel_log.h"
#include "agent/probes/largest_directories.h"
#include "agent/probes/top_programs.h"
#include "agent/probes/unit_logs.h"

namespace steward::agent {
namespace {

constexpr std::array<std::string_view, 5> kGroups = {kCheckGroup, kFailureGroup, kKilledGroup, kProgramsGroup, kSpaceGroup};

}  // namespace

void AddNotes(const NoteBoard& board, const std::function<InventoryGroup(std::string_view group)>& kept, std::vector<InventoryGroup>& groups) {
  const std::map<std::string, std::vector<Note>> said = board.groups();
  for (const std::string_view name : kGroups) {
    InventoryGroup group{std::string(name), {}, ""};
    const auto found = said.find(group.group);
    if (found != said.end()) {
      for (const Note& note : found->second) group.facts.push_back({note.key, note.text});
    } else if (kept) {
      group.facts = kept(name).facts;
    }
    if (!group.facts.empty()) groups.push_back(std::move(group));
  }
}

}  // namespace steward::agent
