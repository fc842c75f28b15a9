// The states of an issue and every change between them that data can bring about, in one table.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "collector/rules/severity.h"
#include "steward/v1/management.pb.h"

namespace steward::collector {

// What happened to the condition.
enum class Happening : std::uint8_t {
  kTrue,          // held for its raise time
  kFalse,         // was false for its clear time
  kQuiet,         // stayed false for kReopenWithin after it was resolved
  kUnwatched,     // nobody judges it any longer: the machine was retired, the rule switched off
};

struct Transition {
  std::string_view from;
  Happening happening;
  std::string_view to;
  std::string_view action;  // in the history: "opened"
  std::string_view notify;  // the event that channels send: opened, updated, resolved; empty: none
};

inline constexpr absl::Duration kReopenWithin = absl::Hours(7 * 24);

// Null: nothing changes.
const Transition* FindTransition(std::string_view state, Happening happening);

// Listed and notified: neither pending nor ended.
bool IsLive(std::string_view state);
bool IsEnded(std::string_view state);  // resolved, closed

// How soon somebody should answer, without a calendar.
absl::Duration RespondWithin(Severity severity);

}  // namespace steward::collector
