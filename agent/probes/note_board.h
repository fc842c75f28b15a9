// What probes have to say in words, for the inventory: what a check answered, who takes the memory, the last lines of a log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace steward::agent {

// A text that changes with every reading is told again after this.
inline constexpr absl::Duration kNoteTextInterval = absl::Hours(1);

struct Note {
  std::string key;
  std::string state;  // another one is worth telling at once: "critical"
  std::string text;
  bool operator==(const Note&) const = default;
};

// Groups of notes, each with one probe that fills it; the inventory reads them all. Thread-safe.
class NoteBoard {
 public:
  // `now`: a clock that does not step; the system's steady one without it.
  explicit NoteBoard(std::function<absl::Duration()> now = {});
  // What there is now of a group, sorted by key.
  void Set(std::string_view group, std::vector<Note> notes);
  // Groups that were ever set, by name.
  std::map<std::string, std::vector<Note>> groups() const;
  // Another number: there is something that the inventory should tell now. That is another state, another set of notes, or,
  // once in kNoteTextInterval, another text.
  std::uint64_t mark() const;

 private:
  struct Group {
    std::vector<Note> notes;
    std::vector<Note> told;  // those of the last mark
    absl::Duration told_at = -absl::InfiniteDuration();
  };

  const std::function<absl::Duration()> now_;
  mutable std::mutex mutex_;  // guards the two below
  std::map<std::string, Group, std::less<>> groups_;
  std::uint64_t mark_ = 0;
};

}  // namespace steward::agent
