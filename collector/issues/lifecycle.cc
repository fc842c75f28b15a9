#include "collector/issues/lifecycle.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace steward::collector {
namespace {

constexpr unsigned kPending = 1, kOpen = 2, kAcknowledged = 4, kWaiting = 8, kSnoozed = 16, kAccepted = 32, kClaimed = 64,
                   kResolved = 128, kClosed = 256;
constexpr std::array<std::pair<unsigned, std::string_view>, 9> kStates = {{{kPending, "pending"},
                                                                           {kOpen, "open"},
                                                                           {kAcknowledged, "acknowledged"},
                                                                           {kWaiting, "waiting"},
                                                                           {kSnoozed, "snoozed"},
                                                                           {kAccepted, "accepted"},
                                                                           {kClaimed, "claimed"},
                                                                           {kResolved, "resolved"},
                                                                           {kClosed, "closed"}}};
constexpr unsigned kLive = kOpen | kAcknowledged | kWaiting | kSnoozed | kAccepted | kClaimed;
constexpr unsigned kInWork = kOpen | kAcknowledged | kWaiting;
constexpr unsigned kQuieted = kSnoozed | kAccepted;

// clang-format off
constexpr Transition kTransitions[] = {
    // from               happening                 to              action               notify
    {kPending,            Happening::kTrue,         "open",         "opened",            "opened"},
    {kPending,            Happening::kUnwatched,    "closed",       "closed",            ""},
    {kLive,               Happening::kFalse,        "resolved",     "resolved",          "resolved"},
    {kLive,               Happening::kUnwatched,    "closed",       "closed",            "resolved"},
    {kResolved,           Happening::kTrue,         "open",         "reopened",          "opened"},
    {kResolved,           Happening::kQuiet,        "closed",       "closed",            ""},
    {kResolved,           Happening::kUnwatched,    "closed",       "closed",            ""},
    {kClaimed,            Happening::kStillTrue,    "acknowledged", "claim-refused",     "updated"},
    {kQuieted,            Happening::kWorse,        kBack,          "woken",             ""},  // that it is worse is told

    {kWaiting | kQuieted, Happening::kDateCome,     kBack,          "woken",             "updated"},

    {kPending,            Happening::kCreate,       "open",         "opened",            "opened"},
    {kOpen | kWaiting | kQuieted, Happening::kAcknowledge, "acknowledged", "acknowledged", ""},
    {kLive,               Happening::kAssign,       kSame,          "assigned",          ""},
    {kLive,               Happening::kHandOver,     kSame,          "handed-over",       "updated"},
    {kInWork,             Happening::kWait,         "waiting",      "waiting",           ""},
    {kInWork,             Happening::kAsk,          "waiting",      "decision-asked",    "updated"},
    {kWaiting,            Happening::kAnswer,       "acknowledged", "decision-answered", "updated"},
    {kLive & ~kWaiting,   Happening::kAnswer,       kSame,          "decision-answered", "updated"},
    {kInWork,             Happening::kSnooze,       "snoozed",      "snoozed",           ""},
    {kInWork,             Happening::kSnoozeLong,   "snoozed",      "snoozed",           ""},
    {kInWork,             Happening::kAccept,       "accepted",     "accepted",          ""},
    {kInWork,             Happening::kClaim,        "claimed",      "claimed",           ""},
    {kClaimed,            Happening::kRefuseClaim,  "acknowledged", "claim-refused",     "updated"},
    {kLive,               Happening::kRaise,        kSame,          "severity",          "updated"},
    {kLive,               Happening::kLower,        kSame,          "severity",          "updated"},
    {kLive | kResolved,   Happening::kComment,      kSame,          "comment",           ""},
    {kLive,               Happening::kClose,        "closed",       "closed",            "resolved"},
};

struct RoleRow {
  Happening action;
  std::string_view words;
  Right owner, it_manager, partner;  // a viewer and a scraper may nothing
};
constexpr Right kYes = Right::kYes, kPropose = Right::kPropose, kNo = Right::kNo;
constexpr RoleRow kRoleRows[] = {
    //                                                               owner it-manager partner
    {Happening::kCreate,      "create one",                          kYes, kYes,      kYes},
    {Happening::kAcknowledge, "acknowledge it",                      kYes, kYes,      kYes},
    {Happening::kAssign,      "assign it",                           kYes, kYes,      kYes},
    {Happening::kHandOver,    "hand it over",                        kYes, kYes,      kYes},
    {Happening::kWait,        "let it wait",                         kYes, kYes,      kYes},
    {Happening::kAsk,         "ask for a decision on it",            kYes, kYes,      kYes},
    {Happening::kAnswer,      "answer its decision",                 kYes, kYes,      kNo},
    {Happening::kSnooze,      "snooze it",                           kYes, kYes,      kYes},
    {Happening::kSnoozeLong,  "snooze it for more than 7 days",      kYes, kYes,      kNo},
    {Happening::kAccept,      "accept its risk",                     kYes, kYes,      kNo},
    {Happening::kClaim,       "claim that it is done",               kYes, kYes,      kYes},
    {Happening::kRefuseClaim, "refuse its claim",                    kYes, kYes,      kYes},
    {Happening::kRaise,       "raise its severity",                  kYes, kYes,      kYes},
    {Happening::kLower,       "lower its severity",                  kYes, kYes,      kPropose},
    {Happening::kComment,     "comment on it",                       kYes, kYes,      kYes},
    {Happening::kClose,       "close it",                            kYes, kYes,      kPropose},
};
// clang-format on

constexpr std::array<std::string_view, 3> kPersonCloses = {"manual", "malware-found", "audit-log-cleared"};

unsigned StateBit(std::string_view state) {
  for (const auto& [bit, word] : kStates) {
    if (word == state) return bit;
  }
  return 0;
}

const RoleRow* FindRow(Happening action) {
  const auto* row = std::find_if(std::begin(kRoleRows), std::end(kRoleRows), [&](const RoleRow& r) { return r.action == action; });
  return row == std::end(kRoleRows) ? nullptr : row;
}

}  // namespace

const Transition* FindTransition(std::string_view state, Happening happening) {
  const unsigned bit = StateBit(state);
  for (const Transition& transition : kTransitions) {
    if ((transition.from & bit) != 0 && transition.happening == happening) return &transition;
  }
  return nullptr;
}

std::string StatesThatAllow(Happening happening) {
  std::string words;
  for (const auto& [bit, word] : kStates) {
    if (FindTransition(word, happening) != nullptr) StrAppend(&words, words.empty() ? "" : ", ", word);
  }
  return words;
}

Right RightOf(Role role, Happening action) {
  const RoleRow* row = FindRow(action);
  if (row == nullptr) return Right::kNo;
  switch (role) {
    case Role::kOwner: return row->owner;
    case Role::kItManager: return row->it_manager;
    case Role::kPartner: return row->partner;
    case Role::kViewer:
    case Role::kMetrics: break;
  }
  return Right::kNo;
}

std::string RolesWithRight(Happening action) {
  std::string words;
  for (const Role role : kRoles) {
    if (RightOf(role, action) == Right::kYes) StrAppend(&words, words.empty() ? "" : ", ", RoleWord(role));
  }
  return words;
}

std::string_view ActionWords(Happening action) {
  const RoleRow* row = FindRow(action);
  return row == nullptr ? std::string_view() : row->words;
}

absl::Status Permit(Role role, std::string_view state, Happening action) {
  if (RightOf(role, action) == Right::kNo) {
    return absl::PermissionDeniedError(StrCat("the role ", RoleWord(role), " may not ", ActionWords(action),
                                              "; these may: ", RolesWithRight(action)));
  }
  if (FindTransition(state, action) != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("this issue is ", state, "; to ", ActionWords(action), " it has to be one of: ",
                                              StatesThatAllow(action)));
}

std::string_view PartyOf(Role role) { return role == Role::kPartner ? "partner" : "it-manager"; }

bool PersonCloses(std::string_view type) {
  return std::find(kPersonCloses.begin(), kPersonCloses.end(), type) != kPersonCloses.end();
}

bool IsLive(std::string_view state) { return (StateBit(state) & kLive) != 0; }

bool IsEnded(std::string_view state) { return (StateBit(state) & (kResolved | kClosed)) != 0; }

}  // namespace steward::collector
