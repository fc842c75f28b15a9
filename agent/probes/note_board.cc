#include "agent/probes/note_board.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace steward::agent {
namespace {

bool SameStates(const std::vector<Note>& left, const std::vector<Note>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Note& a, const Note& b) { return a.key == b.key && a.state == b.state; });
}

absl::Duration SteadyNow() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace

NoteBoard::NoteBoard(std::function<absl::Duration()> now) : now_(now ? std::move(now) : SteadyNow) {}

void NoteBoard::Set(std::string_view name, std::vector<Note> notes) {
  const absl::Duration now = now_();
  const std::scoped_lock lock(mutex_);
  auto found = groups_.find(name);
  if (found == groups_.end()) found = groups_.emplace(name, Group()).first;
  Group& group = found->second;
  group.notes = std::move(notes);
  const bool tell = !SameStates(group.notes, group.told) || (now - group.told_at >= kNoteTextInterval && group.notes != group.told);
  if (!tell) return;
  group.told = group.notes;
  group.told_at = now;
  ++mark_;
}

std::map<std::string, std::vector<Note>> NoteBoard::groups() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::vector<Note>> groups;
  for (const auto& [name, group] : groups_) groups[name] = group.notes;
  return groups;
}

std::uint64_t NoteBoard::mark() const {
  const std::scoped_lock lock(mutex_);
  return mark_;
}

}  // namespace steward::agent
