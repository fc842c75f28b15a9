// One cause, one issue: which issue explains which others. The catalogue's table of parents, as data. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// How near the parent has to be. kPower and kHost: another machine, which the child's is linked to (MachineLinks).
enum class ParentScope : std::uint8_t { kSubject, kMachine, kSite, kPower, kHost };

// Of which machines this one is known to need something.
struct MachineLink {
  ParentScope kind = ParentScope::kHost;  // kPower: it watches the UPS that feeds this one; kHost: this one is its guest
  std::string machine_id;
  bool fell_silent = false;               // just now: whether it is offline will be known in a moment
};

enum class ParentEffect : std::uint8_t {
  kHide,    // nobody is told of the child, and its clocks stand still
  kFreeze,  // likewise, and its last word is old; work under way goes on
  kLink,    // it names its parent, no more
};

struct ParentRow {
  std::string_view parent;
  ParentScope scope;
  ParentEffect effect;
  std::array<std::string_view, 6> children;    // empty: all
  Severity parent_min = Severity::kNone;       // a lesser parent explains nothing
  Severity child_max = Severity::kCritical;    // a worse child is told
  double value_min = 0;                        // of the parent's newest evidence
  std::string_view child_detail = {};          // the child's evidence has it, not 0, and the child began after the parent
};

// The detail of a parent's evidence that names what it explained when it opened.
inline constexpr char kRelatedDetail[] = "related";

// What is left of a child when its parent is over is told after this, if it is still true then.
inline constexpr absl::Duration kParentGrace = absl::Minutes(15);

absl::Span<const ParentRow> ParentTable();
bool IsLinked(ParentScope scope);

// Whether an issue of this type may be one of the row's children.
bool IsChildType(const ParentRow& row, std::string_view type);
// Whether this parent, of the row's type and scope's machine or site, explains this child. Links are not looked at.
bool Explains(const ParentRow& row, const v1::Issue& parent, const v1::Issue& child);

}  // namespace steward::collector
