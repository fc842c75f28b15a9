// Who hears that a clock of an issue runs out: the catalogue's steps, as data, each taken once. Pure.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "collector/issues/service_level.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

enum class EscalationClock : std::uint8_t { kRespond, kResolve, kDecide };

struct EscalationStep {
  std::string_view id;  // in Issue.escalations
  EscalationClock clock;
  int percent;          // of the clock's working time; beyond the resolve deadline of a critical issue: one working day
  std::array<std::string_view, 2> to;  // partner, it-manager, owner; kMover: whose move it is
  std::string_view words;              // for a message
};
inline constexpr std::string_view kMover = "=";

// The detail of an issue's evidence that says in the message of a step what ran out.
inline constexpr char kEscalatedDetail[] = "escalated";

absl::Span<const EscalationStep> EscalationSteps();
// Null: no such step.
const EscalationStep* FindEscalation(std::string_view id);

// The steps of an open issue that are due and were not taken, in order. None of a clock that it does not have, or that stands
// still.
std::vector<const EscalationStep*> DueEscalations(const v1::Issue& issue, absl::Time now, const Terms& terms);

// The steps of this clock may be taken again: it begins anew.
void ForgetEscalations(EscalationClock clock, v1::Issue& issue);

}  // namespace steward::collector
