#include "collector/ctl/issue_command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "collector/ctl/output.h"
#include "collector/ctl/time_argument.h"
#include "google/protobuf/util/time_util.h"

namespace steward::collector {
namespace {

// What the options fill in; one for all commands, as only one is run.
struct Texts {
  std::string id, assignee, party, reason, kind, date, question, recommendation, answer, severity;
  std::vector<std::string> options;
  bool refuse = false;
  v1::CreateIssueRequest create;
};
using TextsPointer = std::shared_ptr<Texts>;

void SetDate(const char* option, const std::string& text, google::protobuf::Timestamp& out) {
  const auto date = ParseDateArgument(text, absl::Now());
  if (!date.ok()) throw CLI::ValidationError(option, std::string(ToStd(date.status().message())));
  out = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(*date));
}

// A command that acts on the issue ID; `fill` makes the request's action of the texts.
template <typename Fill>
CLI::App* AddAction(CLI::App& issue, Run& run, const TextsPointer& texts, const char* name, const char* description, Fill fill) {
  CLI::App* command = issue.add_subcommand(name, description);
  command->add_option("ID", texts->id, "of the issue, or its beginning")->required();
  command->callback([&run, texts, fill] {
    v1::ActOnIssueRequest request;
    request.set_id(texts->id);
    request.set_reason(texts->reason);
    fill(*texts, request);
    run = [request](const CtlContext& context) { return IssueAct(context, request); };
  });
  return command;
}

void AddReason(CLI::App* command, const TextsPointer& texts, const char* description, bool required = false) {
  command->add_option("--reason", texts->reason, description)->required(required);
}

void AddWork(CLI::App& issue, Run& run, const TextsPointer& texts) {
  CLI::App* ack = AddAction(issue, run, texts, "ack", "seen and taken: stops the response clock",
                            [](const Texts& t, v1::ActOnIssueRequest& request) {
                              request.mutable_acknowledge()->set_assignee(t.assignee);
                            });
  ack->add_option("--to", texts->assignee, "who takes it (you)");
  AddReason(ack, texts, "a remark");

  CLI::App* assign = AddAction(issue, run, texts, "assign", "to a person of the party, or with --party to the other party",
                               [](const Texts& t, v1::ActOnIssueRequest& request) {
                                 request.mutable_assign()->set_assignee(t.assignee);
                                 request.mutable_assign()->set_party(t.party);
                               });
  assign->add_option("PERSON", texts->assignee, "whose work it is");
  assign->add_option("--party", texts->party, "hand it over: it-manager or partner; needs --reason");
  AddReason(assign, texts, "why it is handed over");

  CLI::App* wait = AddAction(issue, run, texts, "wait", "it cannot go on now: the resolve clock stands still (for parts and third "
                                                        "parties 10 working days at most)",
                             [](const Texts& t, v1::ActOnIssueRequest& request) {
                               request.mutable_wait()->set_reason(t.kind);
                               SetDate("--until", t.date, *request.mutable_wait()->mutable_until());
                             });
  wait->add_option("--for", texts->kind, "parts, third-party, user-access or planned-window; for a decision: issue decide")
      ->required();
  wait->add_option("--until", texts->date, "when it is expected: 2026-12-24, 8h, 7d")->required();
  AddReason(wait, texts, "what exactly");

  CLI::App* claim = AddAction(issue, run, texts, "claim",
                              "done: the data confirms it, or it comes back. What a person closes the other party confirms "
                              "(issue close) or refuses (issue claim --refuse)",
                              [](const Texts& t, v1::ActOnIssueRequest& request) {
                                request.mutable_claim()->set_refuse(t.refuse);
                              });
  claim->add_flag("--refuse", texts->refuse, "it is not done; needs --reason");
  AddReason(claim, texts, "what was done");
}

void AddDecide(CLI::App& issue, Run& run, const TextsPointer& texts) {
  CLI::App* decide = AddAction(
      issue, run, texts, "decide", "put a question to the IT manager (--question), or answer it (--answer)",
      [](const Texts& t, v1::ActOnIssueRequest& request) {
        if (t.question.empty() == t.answer.empty()) throw CLI::ValidationError("decide", "takes --question or --answer");
        if (!t.answer.empty()) return request.mutable_answer()->set_answer(t.answer);
        v1::AskDecision& ask = *request.mutable_ask();
        ask.set_question(t.question);
        ask.set_recommendation(t.recommendation);
        for (const std::string& text : t.options) {
          v1::DecisionOption& option = *ask.add_options();
          const std::size_t at = text.find('=');
          option.set_text(text.substr(0, at));
          if (at != std::string::npos) option.set_cost(text.substr(at + 1));
        }
        if (!t.date.empty()) SetDate("--due", t.date, *ask.mutable_due_time());
      });
  decide->add_option("--question", texts->question, "what is to be decided; the issue waits for it");
  decide->add_option("--option", texts->options, "TEXT or TEXT=COST: may be repeated")->allow_extra_args(false);
  decide->add_option("--recommend", texts->recommendation, "the option that you recommend");
  decide->add_option("--due", texts->date, "until when (as the service level says)");
  decide->add_option("--answer", texts->answer, "one of the options, or any text if there are none");
  AddReason(decide, texts, "why");
}

void AddQuiet(CLI::App& issue, Run& run, const TextsPointer& texts) {
  CLI::App* snooze = AddAction(issue, run, texts, "snooze", "quiet until a date or until it is worse: 7 days, the IT manager 90",
                               [](const Texts& t, v1::ActOnIssueRequest& request) {
                                 SetDate("--until", t.date, *request.mutable_snooze()->mutable_until());
                               });
  snooze->add_option("--until", texts->date, "2026-12-24, 8h, 7d")->required();
  AddReason(snooze, texts, "why");

  CLI::App* accept = AddAction(issue, run, texts, "accept", "the IT manager's choice not to repair it, reviewed within 365 days",
                               [](const Texts& t, v1::ActOnIssueRequest& request) {
                                 SetDate("--review", t.date, *request.mutable_accept()->mutable_review_time());
                               });
  accept->add_option("--review", texts->date, "when it comes back: 2026-12-24, 180d")->required();
  AddReason(accept, texts, "why", /*required=*/true);
}

void AddWords(CLI::App& issue, Run& run, const TextsPointer& texts) {
  CLI::App* severity = AddAction(issue, run, texts, "severity", "set it; a partner's lowering is put to the IT manager",
                                 [](const Texts& t, v1::ActOnIssueRequest& request) {
                                   request.mutable_severity()->set_severity(t.severity);
                                 });
  severity->add_option("SEVERITY", texts->severity, "low, medium, high or critical")->required();
  AddReason(severity, texts, "why", /*required=*/true);

  CLI::App* comment = AddAction(issue, run, texts, "comment", "a remark for its history",
                                [](const Texts&, v1::ActOnIssueRequest& request) { request.mutable_comment(); });
  comment->add_option("TEXT", texts->reason)->required();

  CLI::App* close = AddAction(issue, run, texts, "close",
                              "a false alarm, or the end of what a person closes; a partner's is put to the IT manager. It stays "
                              "quiet until its condition has cleared or is worse",
                              [](const Texts&, v1::ActOnIssueRequest& request) { request.mutable_close(); });
  AddReason(close, texts, "why", /*required=*/true);
}

void AddCreate(CLI::App& issue, Run& run, const TextsPointer& texts) {
  CLI::App* create = issue.add_subcommand("create", "what a user reported; a person closes it");
  const auto text = [&](const char* name, const char* description, auto set) {
    return create->add_option_function<std::string>(name, [texts, set](const std::string& value) { set(texts->create, value); },
                                                    description);
  };
  text("--machine", "id or host name", [](auto& r, const std::string& value) { r.set_machine(value); });
  text("--site", "instead of a machine", [](auto& r, const std::string& value) { r.set_site(value); });
  text("--title", "what is wrong, in a few words", [](auto& r, const std::string& value) { r.set_title(value); })->required();
  text("--summary", "what is known", [](auto& r, const std::string& value) { r.set_summary(value); });
  text("--severity", "low, medium, high or critical", [](auto& r, const std::string& value) { r.set_severity(value); })
      ->required();
  text("--party", "whose move it is: partner (default) or it-manager", [](auto& r, const std::string& value) { r.set_party(value); });
  create->callback([&run, texts] {
    run = [texts](const CtlContext& context) { return IssueCreate(context, texts->create); };
  });
}

}  // namespace

void AddDrill(CLI::App& program, Run& run) {
  CLI::App* drill = program.add_subcommand("drill", "a marked practice issue, by the real routes and channels");
  const auto request = std::make_shared<v1::DrillIssueRequest>();
  drill->add_option_function<std::string>("TYPE", [request](const std::string& type) { request->set_type(type); }, "of issue: disk-space-low")
      ->required();
  drill->add_option_function<std::string>("MACHINE", [request](const std::string& name) { request->set_machine(name); }, "id or host name")
      ->required();
  drill->callback([&run, request] { run = [request](const CtlContext& context) { return IssueDrill(context, *request); }; });
}

void AddIssueActions(CLI::App& issue, Run& run) {
  const auto texts = std::make_shared<Texts>();
  AddWork(issue, run, texts);
  AddDecide(issue, run, texts);
  AddQuiet(issue, run, texts);
  AddWords(issue, run, texts);
  AddCreate(issue, run, texts);
}

}  // namespace steward::collector
