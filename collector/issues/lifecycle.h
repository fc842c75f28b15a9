// The states of an issue and every change between them, by data, by the clock and by people, in one table; and which role may
// bring about which of them, in another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "collector/identity/role.h"

namespace steward::collector {

// What happened to the condition, or what a person does.
enum class Happening : std::uint8_t {
  // Data.
  kTrue,          // held for its raise time
  kFalse,         // was false for its clear time
  kQuiet,         // stayed false for kReopenWithin after it was resolved
  kUnwatched,     // nobody judges it any longer: the machine was retired, the rule switched off
  kStillTrue,     // a claim was not confirmed
  kWorse,         // its severity rose
  // The clock.
  kDateCome,      // what was waited for was expected now; the snooze is over; the accepted risk is to be reviewed
  // People.
  kCreate,
  kAcknowledge,
  kAssign,        // inside the party
  kHandOver,      // to the other party
  kWait,
  kAsk,           // a decision of the IT manager
  kAnswer,
  kSnooze,        // for kSnoozeMax at most
  kSnoozeLong,    // for kSnoozeLongMax at most
  kAccept,        // the risk, until a review
  kClaim,         // "done"
  kRefuseClaim,
  kRaise,         // the severity
  kLower,
  kComment,
  kClose,         // a false alarm, or the end of what a person closes
};
inline constexpr Happening kFirstAction = Happening::kCreate;  // from here on people act
inline constexpr Happening kLastHappening = Happening::kClose;

// `to` of a transition that leaves the state as it is, and of one to where it came from: acknowledged, or open if nobody had
// taken it.
inline constexpr std::string_view kSame = "=";
inline constexpr std::string_view kBack = "<";

struct Transition {
  unsigned from;            // the states, as in lifecycle.cc
  Happening happening;
  std::string_view to;
  std::string_view action;  // in the history: "opened"
  std::string_view notify;  // the event that channels send: opened, updated, resolved; empty: none
};

inline constexpr absl::Duration kReopenWithin = absl::Hours(7 * 24);
inline constexpr absl::Duration kSnoozeMax = absl::Hours(7 * 24);
inline constexpr absl::Duration kSnoozeLongMax = absl::Hours(90 * 24);
inline constexpr absl::Duration kDateMax = absl::Hours(365 * 24);  // reviews, expected dates

// Null: nothing changes, or a person may not.
const Transition* FindTransition(std::string_view state, Happening happening);

// The states in which people may do it, for messages: "open, acknowledged".
std::string StatesThatAllow(Happening happening);

// What the catalogue's table of roles says of an action.
enum class Right : std::uint8_t { kNo, kPropose, kYes };
Right RightOf(Role role, Happening action);
std::string RolesWithRight(Happening action);  // "owner, it-manager"

// "acknowledge it", for messages.
std::string_view ActionWords(Happening action);

// PermissionDenied says who may; FailedPrecondition in which states. kPropose is allowed.
absl::Status Permit(Role role, std::string_view state, Happening action);

// it-manager or partner: on whose side the role stands.
std::string_view PartyOf(Role role);

// Data does not end an issue of this type: a person does.
bool PersonCloses(std::string_view type);

// Listed and notified: neither pending nor ended.
bool IsLive(std::string_view state);
bool IsEnded(std::string_view state);  // resolved, closed

}  // namespace steward::collector
