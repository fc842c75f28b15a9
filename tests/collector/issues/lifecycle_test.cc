// The tables of states and roles, and what each action makes of an issue in each state by each role.
#include "collector/issues/lifecycle.h"

#include <array>
#include <map>
#include <string>
#include <vector>

#include "collector/issues/issue_action.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace steward::collector {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'772'438'400);  // Monday 2026-03-02 08:00 UTC
const SiteTerms kAlways = {.calendar = Calendar::Always()};
const Terms kTerms(kAlways, "server");
constexpr std::array kStates = {"pending",  "open",    "acknowledged", "waiting", "snoozed",
                                "accepted", "claimed", "resolved",     "closed"};

// For each happening the state it leads to from each of kStates; "-": it does not happen there; "=": stays; "<": goes back.
struct Row {
  Happening happening;
  std::array<std::string, 9> to;
};
const std::vector<Row> kExpected = {
    {Happening::kTrue, {"open", "-", "-", "-", "-", "-", "-", "open", "-"}},
    {Happening::kFalse, {"-", "resolved", "resolved", "resolved", "resolved", "resolved", "resolved", "-", "-"}},
    {Happening::kQuiet, {"-", "-", "-", "-", "-", "-", "-", "closed", "-"}},
    {Happening::kUnwatched, {"closed", "closed", "closed", "closed", "closed", "closed", "closed", "closed", "-"}},
    {Happening::kStillTrue, {"-", "-", "-", "-", "-", "-", "acknowledged", "-", "-"}},
    {Happening::kWorse, {"-", "-", "-", "-", "<", "<", "-", "-", "-"}},
    {Happening::kDateCome, {"-", "-", "-", "<", "<", "<", "-", "-", "-"}},
    {Happening::kCreate, {"open", "-", "-", "-", "-", "-", "-", "-", "-"}},
    {Happening::kAcknowledge, {"-", "acknowledged", "-", "acknowledged", "acknowledged", "acknowledged", "-", "-", "-"}},
    {Happening::kAssign, {"-", "=", "=", "=", "=", "=", "=", "-", "-"}},
    {Happening::kHandOver, {"-", "=", "=", "=", "=", "=", "=", "-", "-"}},
    {Happening::kWait, {"-", "waiting", "waiting", "waiting", "-", "-", "-", "-", "-"}},
    {Happening::kAsk, {"-", "waiting", "waiting", "waiting", "-", "-", "-", "-", "-"}},
    {Happening::kAnswer, {"-", "=", "=", "acknowledged", "=", "=", "=", "-", "-"}},
    {Happening::kSnooze, {"-", "snoozed", "snoozed", "snoozed", "-", "-", "-", "-", "-"}},
    {Happening::kSnoozeLong, {"-", "snoozed", "snoozed", "snoozed", "-", "-", "-", "-", "-"}},
    {Happening::kAccept, {"-", "accepted", "accepted", "accepted", "-", "-", "-", "-", "-"}},
    {Happening::kClaim, {"-", "claimed", "claimed", "claimed", "-", "-", "-", "-", "-"}},
    {Happening::kRefuseClaim, {"-", "-", "-", "-", "-", "-", "acknowledged", "-", "-"}},
    {Happening::kRaise, {"-", "=", "=", "=", "=", "=", "=", "-", "-"}},
    {Happening::kLower, {"-", "=", "=", "=", "=", "=", "=", "-", "-"}},
    {Happening::kComment, {"-", "=", "=", "=", "=", "=", "=", "=", "-"}},
    {Happening::kClose, {"-", "closed", "closed", "closed", "closed", "closed", "closed", "-", "-"}},
};

TEST(LifecycleTest, EveryStateAndHappeningIsAsTheCatalogueSays) {
  ASSERT_EQ(kExpected.size(), static_cast<std::size_t>(kLastHappening) + 1);
  for (const Row& row : kExpected) {
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      const Transition* transition = FindTransition(kStates[i], row.happening);
      EXPECT_EQ(transition == nullptr ? "-" : std::string(transition->to), row.to[i])
          << kStates[i] << " by happening " << static_cast<int>(row.happening);
    }
  }
  EXPECT_EQ(FindTransition("no state", Happening::kTrue), nullptr);
}

TEST(LifecycleTest, LiveAndEndedStatesDivideAllButPending) {
  for (const char* state : kStates) {
    const std::string word = state;
    EXPECT_EQ(IsEnded(word), word == "resolved" || word == "closed") << word;
    EXPECT_EQ(IsLive(word), !IsEnded(word) && word != "pending") << word;
  }
}

// Columns: owner, it-manager, partner, viewer, metrics. y may, p proposes, n may not.
const std::map<Happening, std::string> kRights = {
    {Happening::kCreate, "yyynn"},  {Happening::kAcknowledge, "yyynn"}, {Happening::kAssign, "yyynn"},
    {Happening::kHandOver, "yyynn"}, {Happening::kWait, "yyynn"},       {Happening::kAsk, "yyynn"},
    {Happening::kAnswer, "yynnn"},  {Happening::kSnooze, "yyynn"},      {Happening::kSnoozeLong, "yynnn"},
    {Happening::kAccept, "yynnn"},  {Happening::kClaim, "yyynn"},       {Happening::kRefuseClaim, "yyynn"},
    {Happening::kRaise, "yyynn"},   {Happening::kLower, "yypnn"},       {Happening::kComment, "yyynn"},
    {Happening::kClose, "yypnn"}};

TEST(LifecycleTest, EveryRoleAndActionIsAsTheCatalogueSays) {
  for (int i = 0; i <= static_cast<int>(kLastHappening); ++i) {
    const auto happening = static_cast<Happening>(i);
    const auto found = kRights.find(happening);
    EXPECT_EQ(found != kRights.end(), happening >= kFirstAction);
    for (std::size_t role = 0; role < kRoles.size(); ++role) {
      const char expected = found == kRights.end() ? 'n' : found->second[role];
      const Right right = RightOf(kRoles[role], happening);
      EXPECT_EQ(right == Right::kYes ? 'y' : right == Right::kPropose ? 'p' : 'n', expected)
          << RoleWord(kRoles[role]) << " " << ActionWords(happening);
    }
  }
}

v1::Issue IssueIn(const std::string& state) {
  v1::Issue issue;
  issue.set_id("i1");
  issue.set_type("disk-space-low");
  issue.set_severity("medium");
  issue.set_party("partner");
  SetTime(kNow - absl::Hours(1), *issue.mutable_opened_time());
  StartClocks(Severity::kMedium, kNow - absl::Hours(1), kTerms, issue);
  issue.set_state(state);
  if (state != "pending" && state != "open") SetTime(kNow, *issue.mutable_acknowledged_time());
  if (state == "claimed") {
    SetTime(kNow, *issue.mutable_claimed_time());
    issue.set_claimed_party("partner");
  }
  if (state == "waiting" || state == "snoozed" || state == "accepted") {
    SetTime(kNow + absl::Hours(24), *issue.mutable_wake_time());
    SetTime(kNow, *issue.mutable_paused_since());
  }
  if (state == "waiting") issue.set_wait_reason("decision");
  issue.mutable_decision()->set_question("Buy?");
  issue.mutable_decision()->set_asked_party("partner");
  return issue;
}

// A request that is right in itself.
v1::ActOnIssueRequest RequestFor(Happening happening) {
  v1::ActOnIssueRequest request;
  request.set_reason("because");
  const auto in = [](absl::Duration span, google::protobuf::Timestamp* out) { SetTime(kNow + span, *out); };
  switch (happening) {
    case Happening::kAcknowledge: request.mutable_acknowledge(); break;
    case Happening::kAssign: request.mutable_assign()->set_assignee("Jaan"); break;
    case Happening::kHandOver: request.mutable_assign()->set_party("it-manager"); break;
    case Happening::kWait:
      request.mutable_wait()->set_reason("user-access");
      in(absl::Hours(48), request.mutable_wait()->mutable_until());
      break;
    case Happening::kAsk: request.mutable_ask()->set_question("Buy a disk?"); break;
    case Happening::kAnswer: request.mutable_answer()->set_answer("yes"); break;
    case Happening::kSnooze: in(kSnoozeMax, request.mutable_snooze()->mutable_until()); break;
    case Happening::kSnoozeLong: in(kSnoozeLongMax, request.mutable_snooze()->mutable_until()); break;
    case Happening::kAccept: in(kDateMax, request.mutable_accept()->mutable_review_time()); break;
    case Happening::kClaim: request.mutable_claim(); break;
    case Happening::kRefuseClaim: request.mutable_claim()->set_refuse(true); break;
    case Happening::kRaise: request.mutable_severity()->set_severity("high"); break;
    case Happening::kLower: request.mutable_severity()->set_severity("low"); break;
    case Happening::kComment: request.mutable_comment(); break;
    case Happening::kClose: request.mutable_close(); break;
    default: break;
  }
  return request;
}

TEST(LifecycleTest, EveryActionInEveryStateByEveryRole) {
  for (const Row& row : kExpected) {
    if (row.happening < kFirstAction || row.happening == Happening::kCreate) continue;
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      for (std::size_t role = 0; role < kRoles.size(); ++role) {
        v1::Issue issue = IssueIn(kStates[i]);
        if (row.happening == Happening::kAsk || kRights.at(row.happening)[role] == 'p') issue.clear_decision();
        const v1::Issue before = issue;
        const auto outcome = TakeAction(RequestFor(row.happening), {"Mari (x)", "Mari", kRoles[role]}, kNow, kTerms, issue);
        const std::string what = std::string(RoleWord(kRoles[role])) + " " + std::string(ActionWords(row.happening)) + " when " + kStates[i];
        const char right = kRights.at(row.happening)[role];
        const bool proposable = right != 'p' || FindTransition(kStates[i], Happening::kAsk) != nullptr;
        if (right == 'n') {
          EXPECT_EQ(outcome.status().code(), absl::StatusCode::kPermissionDenied) << what;
        } else if (row.to[i] == "-" || !proposable) {
          EXPECT_EQ(outcome.status().code(), absl::StatusCode::kFailedPrecondition) << what;
        } else {
          ASSERT_TRUE(outcome.ok()) << what << ": " << outcome.status();
          const bool woken = row.happening == Happening::kRaise && (before.state() == "snoozed" || before.state() == "accepted");
          const std::string to = right == 'p' ? "waiting" : woken ? "acknowledged" : row.to[i] == "=" ? kStates[i] : row.to[i];
          EXPECT_EQ(issue.state(), to) << what;
          EXPECT_TRUE(issue.state() == "closed" || issue.has_deadline()) << what;
          continue;
        }
        EXPECT_EQ(issue.SerializeAsString(), before.SerializeAsString()) << what << ": a refusal changes nothing";
      }
    }
  }
}

TEST(LifecycleTest, RefusalsSayWhoMayAndFromWhere) {
  v1::Issue issue = IssueIn("open");
  const auto refused = TakeAction(RequestFor(Happening::kAccept), {"x", "x", Role::kPartner}, kNow, kTerms, issue);
  EXPECT_EQ(refused.status().message(), "the role partner may not accept its risk; these may: owner, it-manager");
  issue = IssueIn("claimed");
  const auto wrong = TakeAction(RequestFor(Happening::kSnooze), {"x", "x", Role::kOwner}, kNow, kTerms, issue);
  EXPECT_EQ(wrong.status().message(), "this issue is claimed; to snooze it it has to be one of: open, acknowledged, waiting");
}

TEST(LifecycleTest, BadDatesAndTextsAreRefused) {
  const auto refused = [](v1::ActOnIssueRequest request) {
    v1::Issue issue = IssueIn("open");
    issue.clear_decision();
    return TakeAction(request, {"x", "x", Role::kOwner}, kNow, kTerms, issue).status().code() ==
           absl::StatusCode::kInvalidArgument;
  };
  v1::ActOnIssueRequest request;
  EXPECT_TRUE(refused(request)) << "no action";
  for (const absl::Duration bad : {absl::ZeroDuration(), -absl::Hours(1), kSnoozeLongMax + absl::Seconds(1)}) {
    SetTime(kNow + bad, *request.mutable_snooze()->mutable_until());
    EXPECT_TRUE(refused(request)) << bad;
  }
  request = RequestFor(Happening::kAccept);
  SetTime(kNow + kDateMax + absl::Seconds(1), *request.mutable_accept()->mutable_review_time());
  EXPECT_TRUE(refused(request));
  request = RequestFor(Happening::kAccept);
  request.clear_reason();
  EXPECT_TRUE(refused(request)) << "no reason";
  request = RequestFor(Happening::kAccept);
  request.mutable_accept()->clear_review_time();
  EXPECT_TRUE(refused(request)) << "no date";
  request = RequestFor(Happening::kWait);
  request.mutable_wait()->set_reason("weather");
  EXPECT_TRUE(refused(request));
  request = RequestFor(Happening::kComment);
  request.set_reason(std::string(1001, 'x'));
  EXPECT_TRUE(refused(request));
  request = RequestFor(Happening::kAsk);
  request.mutable_ask()->add_options()->set_text("A");
  request.mutable_ask()->set_recommendation("B");
  EXPECT_TRUE(refused(request));
  request = RequestFor(Happening::kHandOver);
  request.mutable_assign()->set_party("nobody");
  EXPECT_TRUE(refused(request));
}

}  // namespace
}  // namespace steward::collector
