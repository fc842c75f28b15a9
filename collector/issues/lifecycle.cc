#include "collector/issues/lifecycle.h"

#include <algorithm>
#include <array>

namespace steward::collector {
namespace {

constexpr std::array<std::string_view, 6> kLiveStates = {"open", "acknowledged", "waiting", "snoozed", "accepted", "claimed"};

constexpr Transition kTransitions[] = {
    // from          happening                to          action      notify
    {"pending",      Happening::kTrue,        "open",     "opened",   "opened"},
    {"pending",      Happening::kUnwatched,   "closed",   "closed",   ""},
    {"open",         Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"acknowledged", Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"waiting",      Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"snoozed",      Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"accepted",     Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"claimed",      Happening::kFalse,       "resolved", "resolved", "resolved"},
    {"open",         Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"acknowledged", Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"waiting",      Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"snoozed",      Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"accepted",     Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"claimed",      Happening::kUnwatched,   "closed",   "closed",   "resolved"},
    {"resolved",     Happening::kTrue,        "open",     "reopened", "opened"},
    {"resolved",     Happening::kQuiet,       "closed",   "closed",   ""},
    {"resolved",     Happening::kUnwatched,   "closed",   "closed",   ""},
};

}  // namespace

const Transition* FindTransition(std::string_view state, Happening happening) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.happening == happening) return &transition;
  }
  return nullptr;
}

bool IsLive(std::string_view state) { return std::find(kLiveStates.begin(), kLiveStates.end(), state) != kLiveStates.end(); }

bool IsEnded(std::string_view state) { return state == "resolved" || state == "closed"; }

// Catalogue, service-level clocks; working days count as days until calendars are known.
absl::Duration RespondWithin(Severity severity) {
  switch (severity) {
    case Severity::kCritical: return absl::Minutes(30);
    case Severity::kHigh: return absl::Hours(1);
    case Severity::kMedium: return absl::Hours(4);
    case Severity::kLow:
    case Severity::kNone: break;
  }
  return absl::Hours(48);
}

}  // namespace steward::collector
