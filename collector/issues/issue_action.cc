#include "collector/issues/issue_action.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "collector/issues/escalation.h"
#include "collector/issues/issue_clocks.h"
#include "collector/issues/proto_time.h"
#include "collector/rules/severity.h"

namespace steward::collector {
namespace {

constexpr std::size_t kTextMax = 1000;  // bytes of a reason, a question, a summary
constexpr std::size_t kNameMax = 100;   // of an assignee, a title, an option
constexpr int kOptionsMax = 10;
constexpr std::array<std::string_view, 5> kWaitReasons = {"decision", "parts", "third-party", "user-access", "planned-window"};
constexpr std::array<std::string_view, 2> kParties = {"it-manager", "partner"};

template <std::size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

absl::Status CheckText(std::string_view name, std::string_view text, std::size_t max) {
  if (text.size() <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat(name, " is longer than ", max, " bytes"));
}

absl::Status CheckDate(std::string_view name, bool present, const google::protobuf::Timestamp& time, absl::Time now,
                       absl::Duration max) {
  if (!present) return absl::InvalidArgumentError(StrCat(name, " is needed"));
  const absl::Time date = GetTime(time);
  if (date <= now) return absl::InvalidArgumentError(StrCat(name, " must lie in the future"));
  if (date - now > max) {
    return absl::InvalidArgumentError(StrCat(name, " must lie within ", absl::ToInt64Hours(max) / 24, " days from now"));
  }
  return absl::OkStatus();
}

absl::Status NeedReason(const v1::ActOnIssueRequest& request, Happening happening) {
  if (!request.reason().empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("to ", ActionWords(happening), " needs a reason"));
}

// One action on one issue. Each member does one of the request's kinds.
class Action {
 public:
  Action(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now, const Terms& terms, v1::Issue& issue)
      : request_(request), actor_(actor), now_(now), terms_(terms), issue_(issue) {}

  absl::StatusOr<ActionOutcome> Take() {
    if (absl::Status status = CheckText("the reason", request_.reason(), kTextMax); !status.ok()) return status;
    switch (request_.action_case()) {
      case v1::ActOnIssueRequest::kAcknowledge: return Acknowledge(request_.acknowledge());
      case v1::ActOnIssueRequest::kAssign: return Assign(request_.assign());
      case v1::ActOnIssueRequest::kWait: return Wait(request_.wait());
      case v1::ActOnIssueRequest::kAsk: return Ask(request_.ask());
      case v1::ActOnIssueRequest::kAnswer: return Answer(request_.answer());
      case v1::ActOnIssueRequest::kSnooze: return Snooze(request_.snooze());
      case v1::ActOnIssueRequest::kAccept: return Accept(request_.accept());
      case v1::ActOnIssueRequest::kClaim: return request_.claim().refuse() ? RefuseClaim() : Claim();
      case v1::ActOnIssueRequest::kSeverity: return SetSeverity(request_.severity().severity());
      case v1::ActOnIssueRequest::kComment: return Comment();
      case v1::ActOnIssueRequest::kClose: return Close();
      case v1::ActOnIssueRequest::ACTION_NOT_SET: break;
    }
    return absl::InvalidArgumentError(
        "say what to do: acknowledge, assign, wait, ask, answer, snooze, accept, claim, severity, comment or close");
  }

 private:
  absl::StatusOr<ActionOutcome> Acknowledge(const v1::AcknowledgeIssue& action) {
    if (absl::Status status = Check(Happening::kAcknowledge); !status.ok()) return status;
    if (absl::Status status = CheckText("the assignee", action.assignee(), kNameMax); !status.ok()) return status;
    LeaveState(now_, terms_, issue_);
    TakeUp();
    issue_.set_assignee(action.assignee().empty() ? actor_.person : action.assignee());
    return Move(Happening::kAcknowledge);
  }

  absl::StatusOr<ActionOutcome> Assign(const v1::AssignIssue& action) {
    const bool other_party = !action.party().empty() && action.party() != issue_.party();
    const Happening happening = other_party ? Happening::kHandOver : Happening::kAssign;
    if (absl::Status status = Check(happening); !status.ok()) return status;
    if (!action.party().empty() && !IsOneOf(action.party(), kParties)) {
      return absl::InvalidArgumentError(StrCat("there is no party \"", action.party(), "\": it-manager or partner"));
    }
    if (action.assignee().empty() && !other_party) {
      return absl::InvalidArgumentError("name the person it is assigned to, or the other party");
    }
    if (absl::Status status = CheckText("the assignee", action.assignee(), kNameMax); !status.ok()) return status;
    if (!other_party) {
      const std::string before = std::exchange(*issue_.mutable_assignee(), action.assignee());
      return Stay(happening, before, action.assignee());
    }
    if (absl::Status status = NeedReason(request_, happening); !status.ok()) return status;
    const std::string before = std::exchange(*issue_.mutable_party(), action.party());
    issue_.set_assignee(action.assignee());
    return Stay(happening, before, action.party());
  }

  absl::StatusOr<ActionOutcome> Wait(const v1::WaitIssue& action) {
    if (absl::Status status = Check(Happening::kWait); !status.ok()) return status;
    if (!IsOneOf(action.reason(), kWaitReasons)) {
      return absl::InvalidArgumentError(StrCat("an issue waits for a decision, parts, third-party, user-access or "
                                               "planned-window, not for \"", action.reason(), "\""));
    }
    if (action.reason() == "decision") {
      return absl::InvalidArgumentError("put the question to the IT manager (`stewardctl issue decide`): then it waits for it");
    }
    if (absl::Status status = CheckDate("the expected date", action.has_until(), action.until(), now_, kDateMax); !status.ok()) {
      return status;
    }
    LeaveState(now_, terms_, issue_);
    TakeUp();
    issue_.set_wait_reason(action.reason());
    *issue_.mutable_wake_time() = action.until();
    PauseClock(now_, issue_);
    ActionOutcome outcome = Move(Happening::kWait);
    outcome.reason = StrCat(action.reason(), outcome.reason.empty() ? "" : ": ", outcome.reason);
    return outcome;
  }

  absl::StatusOr<ActionOutcome> Ask(const v1::AskDecision& action) {
    if (absl::Status status = Check(Happening::kAsk); !status.ok()) return status;
    if (absl::Status status = CheckQuestion(action); !status.ok()) return status;
    v1::Decision decision;
    decision.set_question(action.question());
    *decision.mutable_options() = action.options();
    decision.set_recommendation(action.recommendation());
    if (action.has_due_time()) *decision.mutable_due_time() = action.due_time();
    return PutQuestion(std::move(decision));
  }

  absl::Status CheckQuestion(const v1::AskDecision& action) const {
    if (action.question().empty()) return absl::InvalidArgumentError("say what is to be decided");
    if (absl::Status status = CheckText("the question", action.question(), kTextMax); !status.ok()) return status;
    if (action.options_size() > kOptionsMax) {
      return absl::InvalidArgumentError(StrCat("a decision has ", kOptionsMax, " options at most"));
    }
    for (const v1::DecisionOption& option : action.options()) {
      if (option.text().empty()) return absl::InvalidArgumentError("an option needs a text");
      if (absl::Status status = CheckText("an option", StrCat(option.text(), option.cost()), 2 * kNameMax); !status.ok()) {
        return status;
      }
    }
    if (!action.recommendation().empty() && !IsOption(action.options(), action.recommendation())) {
      return absl::InvalidArgumentError(StrCat("\"", action.recommendation(), "\" is recommended, but is none of the options"));
    }
    if (!action.has_due_time()) return absl::OkStatus();
    return CheckDate("the due date", true, action.due_time(), now_, kDateMax);
  }

  // True as well if there are no options.
  template <typename Options>
  static bool IsOption(const Options& options, std::string_view text) {
    return options.empty() || std::any_of(options.begin(), options.end(), [&](const auto& option) { return option.text() == text; });
  }

  // The rest of asking: from now on it is the manager's move.
  absl::StatusOr<ActionOutcome> PutQuestion(v1::Decision decision) {
    if (!issue_.decision().question().empty() && issue_.decision().answer().empty()) {
      return absl::FailedPreconditionError(StrCat("a decision is open already: ", issue_.decision().question()));
    }
    LeaveState(now_, terms_, issue_);
    TakeUp();
    decision.set_asked_by(actor_.record);
    decision.set_asked_party(issue_.party());
    SetTime(now_, *decision.mutable_asked_time());
    if (!decision.has_due_time()) {
      SetTime(DecideBy(ParseSeverity(issue_.severity()), now_, terms_), *decision.mutable_due_time());
    }
    const std::string question = decision.question();
    *issue_.mutable_decision() = std::move(decision);
    ForgetEscalations(EscalationClock::kDecide, issue_);
    issue_.set_party("it-manager");
    issue_.set_wait_reason("decision");
    PauseClock(now_, issue_);
    ActionOutcome outcome = Move(Happening::kAsk);
    outcome.reason = StrCat(question, outcome.reason.empty() ? "" : "; ", outcome.reason);
    return outcome;
  }

  absl::StatusOr<ActionOutcome> Answer(const v1::AnswerDecision& action) {
    if (absl::Status status = Check(Happening::kAnswer); !status.ok()) return status;
    const v1::Decision& asked = issue_.decision();
    if (asked.question().empty()) return absl::FailedPreconditionError("no decision was asked for");
    if (!asked.answer().empty()) {
      return absl::FailedPreconditionError(StrCat("it is decided already: ", asked.answer(), " (", asked.answered_by(), ")"));
    }
    if (action.answer().empty() || !IsOption(asked.options(), action.answer())) {
      std::string options;
      for (const v1::DecisionOption& option : asked.options()) StrAppend(&options, "\n  ", option.text());
      return absl::InvalidArgumentError(StrCat("the answer is one of the options:", options.empty() ? " any text" : options));
    }
    if (absl::Status status = CheckText("the answer", action.answer(), kTextMax); !status.ok()) return status;
    const bool waited = issue_.wait_reason() == "decision";
    if (waited) LeaveState(now_, terms_, issue_);
    v1::Decision& decision = *issue_.mutable_decision();
    decision.set_answer(action.answer());
    decision.set_answered_by(actor_.record);
    SetTime(now_, *decision.mutable_answered_time());
    if (!decision.proposal().empty() && action.answer() == "yes") return DoProposed(decision.proposal(), waited);
    ActionOutcome outcome = waited ? Move(Happening::kAnswer) : Stay(Happening::kAnswer, "", action.answer());
    outcome.reason = StrCat(action.answer(), outcome.reason.empty() ? "" : ": ", outcome.reason);
    return outcome;
  }

  ActionOutcome DoProposed(const std::string& proposal, bool waited) {
    if (proposal == "close") return End();
    if (waited) EnterState(*FindTransition(issue_.state(), Happening::kAnswer), issue_);
    return ChangeSeverity(Happening::kLower, ParseSeverity(proposal));
  }

  absl::StatusOr<ActionOutcome> Snooze(const v1::SnoozeIssue& action) {
    if (absl::Status status = CheckDate("the end of the snooze", action.has_until(), action.until(), now_, kSnoozeLongMax);
        !status.ok()) {
      return status;
    }
    const bool is_long = GetTime(action.until()) - now_ > kSnoozeMax;
    const Happening happening = is_long ? Happening::kSnoozeLong : Happening::kSnooze;
    if (absl::Status status = Check(happening); !status.ok()) return status;
    LeaveState(now_, terms_, issue_);
    *issue_.mutable_wake_time() = action.until();
    if (PartyOf(actor_.role) == "it-manager") PauseClock(now_, issue_);
    return Move(happening);
  }

  absl::StatusOr<ActionOutcome> Accept(const v1::AcceptIssue& action) {
    if (absl::Status status = Check(Happening::kAccept); !status.ok()) return status;
    if (absl::Status status = NeedReason(request_, Happening::kAccept); !status.ok()) return status;
    if (absl::Status status = CheckDate("the review date", action.has_review_time(), action.review_time(), now_, kDateMax);
        !status.ok()) {
      return status;
    }
    LeaveState(now_, terms_, issue_);
    *issue_.mutable_wake_time() = action.review_time();
    PauseClock(now_, issue_);
    return Move(Happening::kAccept);
  }

  absl::StatusOr<ActionOutcome> Claim() {
    if (absl::Status status = Check(Happening::kClaim); !status.ok()) return status;
    LeaveState(now_, terms_, issue_);
    TakeUp();
    SetTime(now_, *issue_.mutable_claimed_time());
    issue_.set_claimed_party(std::string(PartyOf(actor_.role)));
    return Move(Happening::kClaim);
  }

  absl::StatusOr<ActionOutcome> RefuseClaim() {
    if (absl::Status status = Check(Happening::kRefuseClaim); !status.ok()) return status;
    if (absl::Status status = NeedReason(request_, Happening::kRefuseClaim); !status.ok()) return status;
    issue_.clear_claimed_time();
    issue_.clear_claimed_party();
    issue_.set_claims_refused(issue_.claims_refused() + 1);
    return Move(Happening::kRefuseClaim);
  }

  absl::StatusOr<ActionOutcome> SetSeverity(const std::string& word) {
    const Severity before = ParseSeverity(issue_.severity());
    const Severity after = ParseSeverity(word);
    const Happening happening = after < before ? Happening::kLower : Happening::kRaise;
    if (absl::Status status = Check(happening); !status.ok()) return status;
    if (after == Severity::kNone) {
      return absl::InvalidArgumentError(StrCat("\"", word, "\" is no severity: low, medium, high or critical"));
    }
    if (after == before) return absl::FailedPreconditionError(StrCat("its severity is ", word, " already"));
    if (absl::Status status = NeedReason(request_, happening); !status.ok()) return status;
    if (RightOf(actor_.role, happening) == Right::kPropose) return Propose(word, StrCat("Lower the severity to ", word, "?"));
    return ChangeSeverity(happening, after);
  }

  ActionOutcome ChangeSeverity(Happening happening, Severity after) {
    const std::string before = issue_.severity();
    if (issue_.rule_severity().empty() && !IsClosedByPerson(issue_)) issue_.set_rule_severity(before);
    issue_.set_severity(std::string(SeverityName(after)));
    if (issue_.rule_severity() == issue_.severity()) issue_.clear_rule_severity();
    const Transition* woken = happening == Happening::kRaise ? FindTransition(issue_.state(), Happening::kWorse) : nullptr;
    if (woken != nullptr) {
      LeaveState(now_, terms_, issue_);
      EnterState(*woken, issue_);
    }
    AdjustClocks(happening == Happening::kRaise, after, now_, terms_, issue_);
    return Stay(happening, before, issue_.severity());
  }

  absl::StatusOr<ActionOutcome> Comment() {
    if (absl::Status status = Check(Happening::kComment); !status.ok()) return status;
    if (absl::Status status = NeedReason(request_, Happening::kComment); !status.ok()) return status;
    return Stay(Happening::kComment, "", "");
  }

  absl::StatusOr<ActionOutcome> Close() {
    if (absl::Status status = Check(Happening::kClose); !status.ok()) return status;
    if (absl::Status status = NeedReason(request_, Happening::kClose); !status.ok()) return status;
    // What a person closes: the side that did not claim it confirms.
    const bool confirms = IsClosedByPerson(issue_) && issue_.state() == "claimed" &&
                          issue_.claimed_party() != PartyOf(actor_.role);
    if (RightOf(actor_.role, Happening::kClose) == Right::kYes || confirms) return End();
    return Propose("close", IsClosedByPerson(issue_) ? "Close it as done?" : "Close it as a false alarm?");
  }

  ActionOutcome End() {
    LeaveState(now_, terms_, issue_);
    SetTime(now_, *issue_.mutable_resolved_time());
    return Move(Happening::kClose);
  }

  absl::StatusOr<ActionOutcome> Propose(const std::string& proposal, std::string question) {
    if (absl::Status status = Check(Happening::kAsk); !status.ok()) return status;
    v1::Decision decision;
    decision.set_question(StrCat(question, " ", request_.reason()));
    for (const char* option : {"yes", "no"}) decision.add_options()->set_text(option);
    decision.set_recommendation("yes");
    decision.set_proposal(proposal);
    return PutQuestion(std::move(decision));
  }

  absl::Status Check(Happening happening) const { return Permit(actor_.role, issue_.state(), happening); }

  // Whoever works on it has seen it.
  void TakeUp() {
    if (!issue_.has_acknowledged_time()) SetTime(now_, *issue_.mutable_acknowledged_time());
    if (issue_.assignee().empty() && issue_.party() == PartyOf(actor_.role)) issue_.set_assignee(actor_.person);
  }

  // Permitted before; what the next state needs is set.
  ActionOutcome Move(Happening happening) {
    const std::string from = issue_.state();
    const Transition& transition = *FindTransition(from, happening);
    EnterState(transition, issue_);
    SetNextDeadline(issue_);
    return {happening, transition.action, transition.notify, from, issue_.state(), request_.reason()};
  }
  ActionOutcome Stay(Happening happening, std::string from, std::string to) const {
    const Transition* transition = FindTransition(issue_.state(), happening);
    return {happening, transition->action, transition->notify, std::move(from), std::move(to), request_.reason()};
  }

  const v1::ActOnIssueRequest& request_;
  const Actor& actor_;
  const absl::Time now_;
  const Terms& terms_;
  v1::Issue& issue_;
};

}  // namespace

void EnterState(const Transition& transition, v1::Issue& issue) {
  if (transition.to == kSame) return;
  const bool back = transition.to == kBack;
  issue.set_state(back ? (issue.has_acknowledged_time() ? "acknowledged" : "open") : std::string(transition.to));
}

absl::StatusOr<ActionOutcome> TakeAction(const v1::ActOnIssueRequest& request, const Actor& actor, absl::Time now,
                                         const Terms& terms, v1::Issue& issue) {
  v1::Issue changed = issue;
  auto outcome = Action(request, actor, now, terms, changed).Take();
  if (outcome.ok()) issue = std::move(changed);
  return outcome;
}

absl::StatusOr<v1::Issue> MakeManualIssue(const v1::CreateIssueRequest& request, const Actor& actor) {
  if (absl::Status status = Permit(actor.role, "pending", Happening::kCreate); !status.ok()) return status;
  if (request.title().empty()) return absl::InvalidArgumentError("an issue needs a title");
  if (absl::Status status = CheckText("the title", request.title(), kNameMax); !status.ok()) return status;
  if (absl::Status status = CheckText("the summary", request.summary(), kTextMax); !status.ok()) return status;
  if (ParseSeverity(request.severity()) == Severity::kNone) {
    return absl::InvalidArgumentError(StrCat("\"", request.severity(), "\" is no severity: low, medium, high or critical"));
  }
  if (!request.party().empty() && !IsOneOf(request.party(), kParties)) {
    return absl::InvalidArgumentError(StrCat("there is no party \"", request.party(), "\": it-manager or partner"));
  }
  v1::Issue issue;
  issue.set_type("manual");
  issue.set_title(request.title());
  issue.set_summary(request.summary());
  issue.set_severity(request.severity());
  issue.set_party(request.party().empty() ? "partner" : request.party());
  issue.set_state("pending");
  return issue;
}

bool IsClosedByPerson(const v1::Issue& issue) { return issue.drill() || PersonCloses(issue.type()); }

}  // namespace steward::collector
