// How far the levels of a condition have come, as text for IssueRecord.rule_state: {"v":1,...} in JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "collector/issues/level_latch.h"

namespace steward::collector {

struct RuleState {
  std::vector<LevelLatch> levels;
  absl::Time judged = absl::InfinitePast();
  absl::Time raised = absl::InfinitePast();
  Severity reach = Severity::kNone;
  absl::Duration interval;  // how far apart its judgements normally are
  bool told = true;                  // its opening was; older versions told all
  absl::Time told_mover = absl::InfinitePast();  // when whose move it is was told last
  bool hidden = false;               // another issue explains it
  absl::Time hidden_since = absl::InfinitePast();  // its clock was stopped for that
  absl::Time quiet_until = absl::InfinitePast();   // the grace after its parent ended
  bool flapping = false;             // FlapDamping
  std::vector<absl::Time> rounds;    // likewise
  Severity dismissed = Severity::kNone;  // a person closed its issue as a false alarm: up to this severity it is kept quiet
  absl::Time window_since = absl::InfinitePast();  // a maintenance window has stopped its clock since
  double dismissed_value = 0;  // of what only a person closes: more than this, and it has happened again
  bool untold_change = false;  // it got worse while it was hidden
  std::string probe;           // Finding.probe
  bool first_look = false;  // it was true already when the machine was first seen
};

std::string EncodeRuleState(const RuleState& state);
// False, and `state` untouched, if the text is not EncodeRuleState's.
bool DecodeRuleState(std::string_view text, RuleState& state);

}  // namespace steward::collector
